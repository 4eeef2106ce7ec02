import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * Writes the rows of a query, in its order, to a Parquet file that appears under its name when it
 * is whole, on disk and passed by `check`. The same rows make the same bytes.
 */
export async function writeParquet(
  connection: DuckDBConnection,
  query: string,
  path: string,
  check: (draft: string) => Promise<void> = async () => undefined,
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  // Begins with a dot: no reader of the folder takes it for one of its files.
  const draft = join(dirname(path), `.${basename(path)}-${randomUUID()}`);
  try {
    await connection.run(
      `COPY (${query}) TO '${draft.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`,
    );
    await check(draft);
    const handle = openSync(draft, 'r+');
    fsyncSync(handle);
    closeSync(handle);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
