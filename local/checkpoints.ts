import type { DataDirectory } from '../shared/embedded/data-directory.ts';

/** How far each lane of each consumer has come, durably. */
export interface Checkpoints {
  /**
   * The sequence number after which each lane goes on: where it stopped, or `start` for a consumer
   * never seen before.
   */
  resume(consumer: string, lanes: number, start: number): Promise<readonly number[]>;
  /** Only ever forward. To be called within a transaction of the directory. */
  write(consumer: string, lane: number, sequence: number): void;
}

export function openCheckpoints({ database, commit }: DataDirectory): Checkpoints {
  database.exec(
    `CREATE TABLE IF NOT EXISTS checkpoints (
       consumer TEXT NOT NULL,
       lane INTEGER NOT NULL,
       sequence INTEGER NOT NULL,
       PRIMARY KEY (consumer, lane)
     )`,
  );
  const select = database.prepare(
    'SELECT sequence FROM checkpoints WHERE consumer = ? ORDER BY lane',
  );
  const advance = database.prepare(
    `INSERT INTO checkpoints (consumer, lane, sequence) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)`,
  );
  const forget = database.prepare('DELETE FROM checkpoints WHERE consumer = ?');
  return {
    resume: (consumer, lanes, start) =>
      commit(() => {
        const stored = select.all(consumer).map((row) => row['sequence'] as number);
        if (stored.length === lanes) return stored;
        // Another number of lanes spreads the keys otherwise: all go on from the one furthest behind.
        const from = stored.length === 0 ? start : Math.min(...stored);
        forget.run(consumer);
        for (let lane = 0; lane < lanes; lane++) advance.run(consumer, lane, from);
        return Array.from({ length: lanes }, () => from);
      }),
    write: (consumer, lane, sequence) => {
      advance.run(consumer, lane, sequence);
    },
  };
}
