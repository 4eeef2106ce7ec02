import { once } from 'node:events';
import { createReadStream, createWriteStream, openSync, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Usage } from '../shared/errors.ts';
import { checkWritable } from './write-whole.ts';

export interface OutputColumn {
  readonly name: string;
  readonly type: 'number' | 'text';
}

/** Takes rows as they come. */
export interface TableWriter {
  write(row: readonly (number | string | null)[]): void;
  /** Adds a CSV file of the same columns, which has no header. */
  append(path: string): Promise<void>;
  /** Waits until what was written has left the memory. */
  drain(): Promise<void>;
}

/**
 * Writes what `fill` gives the writer; a Parquet file is made of a CSV file at the end. The file
 * appears when it is whole, and not at all if `fill` fails.
 * @param path ends in .csv or .parquet; null for CSV on stdout
 * @throws Usage for another ending, or a place where nothing can be written
 */
export async function writeTable<Result>(
  path: string | null,
  columns: readonly OutputColumn[],
  fill: (writer: TableWriter) => Promise<Result>,
): Promise<Result> {
  const header = columns.map(({ name }) => name);
  if (path === null) {
    const writer = lineWriter(process.stdout);
    process.stdout.once('error', readerHasGone);
    writer.write(header);
    const result = await fill(writer);
    await writer.drain();
    process.stdout.off('error', readerHasGone);
    return result;
  }
  if (!/\.(?:csv|parquet)$/i.test(path))
    throw new Usage(`${path}: use a file that ends in .csv or .parquet`);
  checkWritable(path);
  const unfinished = `${path}.unfinished`;
  const stream = createWriteStream(unfinished, { fd: openSync(unfinished, 'w') });
  try {
    const writer = lineWriter(stream);
    writer.write(header);
    const result = await fill(writer);
    await writer.drain();
    stream.end();
    await finished(stream);
    if (/\.csv$/i.test(path)) renameSync(unfinished, path);
    else await toParquet(unfinished, path, columns);
    return result;
  } finally {
    stream.destroy();
    rmSync(unfinished, { force: true });
  }
}

function lineWriter(stream: Writable): TableWriter {
  let lines = '';
  return {
    write(row) {
      lines += `${row.map(cell).join(',')}\n`;
    },
    async append(path) {
      await drain();
      for await (const chunk of createReadStream(path))
        if (!stream.write(chunk)) await once(stream, 'drain');
    },
    drain,
  };

  async function drain() {
    const taken = stream.write(lines);
    lines = '';
    if (!taken) await once(stream, 'drain');
  }
}

/** As `head` does. */
function readerHasGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

async function toParquet(
  csv: string,
  parquet: string,
  columns: readonly OutputColumn[],
): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const types = columns.map(
    ({ name, type }) => `${text(name)}: ${text(type === 'number' ? 'DOUBLE' : 'VARCHAR')}`,
  );
  try {
    await connection.run(
      `COPY (SELECT * FROM read_csv(${text(csv)}, header = true, delim = ',', quote = '"',
         escape = '"', columns = {${types.join(', ')}}))
       TO ${text(parquet)} (FORMAT parquet)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function cell(value: number | string | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
