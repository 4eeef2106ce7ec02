import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { DeadlineExceeded, ItemTooLarge, StoreUnavailable } from '../errors.ts';
import type { OnlineItem, OnlineStore } from '../ports.ts';
import { dataDirectory, quoted } from './data-directory.ts';

const MAX_ITEM_BYTES = 64 * 1024;

export interface EmbeddedOnlineStore extends OnlineStore {
  /** Deletes what expired before `epochSeconds`, as DynamoDB's time to live does; returns how many. */
  sweep(epochSeconds: number): Promise<number>;
}

export function openOnlineStore(table: string): EmbeddedOnlineStore {
  const directory = dataDirectory();
  const { database } = directory;
  const name = quoted('table', table);
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${name} (
       key TEXT PRIMARY KEY,
       version INTEGER NOT NULL,
       state TEXT NOT NULL,
       applied BLOB,
       expires_at INTEGER
     );
     CREATE INDEX IF NOT EXISTS ${quoted('expiry', table)} ON ${name} (expires_at)
       WHERE expires_at IS NOT NULL`,
  );
  const insert = database.prepare(
    `INSERT INTO ${name} (version, state, applied, expires_at, key) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const update = database.prepare(
    `UPDATE ${name} SET version = ?, state = ?, applied = ?, expires_at = ?
     WHERE key = ? AND version = ?`,
  );
  const expire = database.prepare(`DELETE FROM ${name} WHERE expires_at <= ?`);
  const selects: StatementSync[] = [];
  const selectOf = (keys: number) => {
    selects[keys] ??= database.prepare(
      `SELECT key, version, state, applied, expires_at FROM ${name}
       WHERE key IN (${Array(keys).fill('?').join(', ')})`,
    );
    return selects[keys];
  };

  return {
    async read(keys, { signal } = {}) {
      if (signal?.aborted) throw new DeadlineExceeded(`the read of ${table} was given up`);
      try {
        const rows = selectOf(keys.length).all(...keys);
        return new Map(rows.map((row) => [row['key'] as string, itemOf(row)]));
      } catch (error) {
        throw new StoreUnavailable(`cannot read ${table}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
    async write(item) {
      refuseOversized(item);
      const { key, version, state, applied = null, expiresAt = null } = item;
      const { changes } = await directory.commit(() =>
        version === 1
          ? insert.run(version, state, applied, expiresAt, key)
          : update.run(version, state, applied, expiresAt, key, version - 1),
      );
      return changes === 1 ? 'written' : 'conflict';
    },
    async sweep(epochSeconds) {
      const { changes } = await directory.commit(() => expire.run(epochSeconds));
      return Number(changes);
    },
  };
}

function itemOf(row: Record<string, SQLOutputValue>): OnlineItem {
  const { key, version, state, applied, expires_at: expiresAt } = row;
  return {
    key: key as string,
    version: version as number,
    state: state as string,
    ...(applied === null ? {} : { applied: applied as Uint8Array }),
    ...(expiresAt === null ? {} : { expiresAt: expiresAt as number }),
  };
}

function refuseOversized({ key, state, applied }: OnlineItem): void {
  const bytes = Buffer.byteLength(key) + Buffer.byteLength(state) + (applied?.byteLength ?? 0);
  if (bytes > MAX_ITEM_BYTES) {
    throw new ItemTooLarge(`${key} would have ${bytes} bytes, at most ${MAX_ITEM_BYTES} are kept`);
  }
}
