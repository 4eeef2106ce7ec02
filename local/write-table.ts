import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Usage } from '../shared/errors.ts';

export interface OutputColumn {
  readonly name: string;
  readonly type: 'number' | 'text';
}

/** Takes rows as they come; a Parquet file is made of them at the end. */
export interface TableWriter {
  write(row: readonly (number | string | null)[]): void;
  /** Waits until what was written has left the memory. */
  drain(): Promise<void>;
  end(): Promise<void>;
}

/**
 * @param path ends in .csv or .parquet; null for CSV on stdout. The file appears when it is whole.
 * @throws Usage for another ending
 */
export function writeTable(path: string | null, columns: readonly OutputColumn[]): TableWriter {
  if (path !== null && !/\.(?:csv|parquet)$/i.test(path))
    throw new Usage(`--out ${path}: use a file that ends in .csv or .parquet`);
  const unfinished = `${path}.unfinished`;
  const stream = path === null ? process.stdout : createWriteStream(unfinished);
  let lines = `${columns.map(({ name }) => cell(name)).join(',')}\n`;
  return {
    write(row) {
      lines += `${row.map(cell).join(',')}\n`;
    },
    async drain() {
      const taken = stream.write(lines);
      lines = '';
      if (!taken) await once(stream, 'drain');
    },
    async end() {
      await this.drain();
      if (path === null) return;
      stream.end();
      await finished(stream);
      if (/\.csv$/i.test(path)) renameSync(unfinished, path);
      else await toParquet(unfinished, path, columns);
    },
  };
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
    rmSync(csv);
  }
}

function cell(value: number | string | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
