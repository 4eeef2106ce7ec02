import { dataDirectory } from '../../shared/embedded/data-directory.ts';
import type { Execution } from '../../shared/ports.ts';

type Run = Pick<Execution, 'machine' | 'name'>;

/** What happened to an execution, in order. */
export interface HistoryEvent {
  /** As Step Functions' own history, shortened: `StateEntered`, `StateRetried`, `ExecutionFailed`. */
  readonly type: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly state: string | null;
  readonly error: string | null;
  readonly cause: string | null;
}

export interface History {
  append(run: Run, event: HistoryEvent): Promise<void>;
  read(run: Run): readonly HistoryEvent[];
  /** The runs of a machine, the latest first. */
  runs(machine: string): readonly Execution[];
}

/** Keeps in the data directory how the runs of machines went. */
export function openHistory(): History {
  const directory = dataDirectory();
  const { database } = directory;
  database.exec(
    `CREATE TABLE IF NOT EXISTS execution_events (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       machine TEXT NOT NULL,
       name TEXT NOT NULL,
       type TEXT NOT NULL,
       at INTEGER NOT NULL,
       state TEXT,
       error TEXT,
       cause TEXT
     );
     CREATE INDEX IF NOT EXISTS execution_events_of ON execution_events (machine, name, id)`,
  );
  const insert = database.prepare(
    `INSERT INTO execution_events (machine, name, type, at, state, error, cause)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const select = database.prepare(
    `SELECT type, at, state, error, cause FROM execution_events
     WHERE machine = ? AND name = ? ORDER BY id`,
  );
  const selectRuns = database.prepare(
    `SELECT machine, name, status, input, output FROM executions WHERE machine = ? ORDER BY id DESC`,
  );
  return {
    async append({ machine, name }, { type, at, state, error, cause }) {
      await directory.commit(() => insert.run(machine, name, type, at, state, error, cause));
    },
    read: ({ machine, name }) =>
      select.all(machine, name).map((row) => ({ ...row }) as unknown as HistoryEvent),
    runs: (machine) => selectRuns.all(machine).map((row) => ({ ...row }) as unknown as Execution),
  };
}
