import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LakeTable } from '../shared/features/trino-tables.ts';
import { writeParquet } from './write-parquet.ts';

/** A day that no partition of a table has. */
const NO_DAY = 'dt=0000-00-00';

/**
 * Makes a view of a table of the lake, without rows where it has no files. Only the days that a
 * query asks for are opened; a file without one of the columns is an error that names both.
 * @param lake folder of the lake
 */
export async function viewTable(
  connection: DuckDBConnection,
  lake: string,
  table: LakeTable,
): Promise<void> {
  await connection.run(
    `CREATE OR REPLACE VIEW ${table.name} AS ${
      table.format === 'json' ? jsonLines(lake, table) : await parquetFiles(connection, lake, table)
    }`,
  );
}

function jsonLines(lake: string, table: LakeTable): string {
  const files = filesOf(lake, table, '.jsonl');
  const types = Object.entries(table.columns).map(([name, type]) => `${name}: ${text(type)}`);
  return files.length === 0
    ? nothing(table)
    : `SELECT * FROM read_ndjson([${files.map(text).join(', ')}], columns = {${types.join(', ')}},
         hive_partitioning = true, hive_types = {'dt': VARCHAR})`;
}

/**
 * DuckDB takes the columns from the first file, and opens it whatever the query asks for: here an
 * empty one of the right columns.
 */
async function parquetFiles(
  connection: DuckDBConnection,
  lake: string,
  table: LakeTable,
): Promise<string> {
  const files = filesOf(lake, table, '.parquet');
  if (files.length === 0) return nothing(table);
  const [[scratch]] = (
    await connection.runAndReadAll(`SELECT current_setting('temp_directory')`)
  ).getRows() as [[string]];
  const empty = join(scratch, 'columns', table.name, NO_DAY, 'part.parquet');
  if (!existsSync(empty))
    await writeParquet(connection, `SELECT * EXCLUDE dt FROM (${nothing(table)})`, empty);
  return `SELECT * FROM read_parquet([${[empty, ...files].map(text).join(', ')}],
    hive_partitioning = true, hive_types = {'dt': VARCHAR})`;
}

function nothing({ columns }: LakeTable): string {
  const typed = Object.entries({ ...columns, dt: 'VARCHAR' }).map(
    ([name, type]) => `CAST(NULL AS ${type}) AS ${name}`,
  );
  return `SELECT ${typed.join(', ')} WHERE false`;
}

/** In the order of the days. */
function filesOf(lake: string, { folder }: LakeTable, extension: string): string[] {
  const root = join(lake, folder);
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => /^dt=\d{4}-\d{2}-\d{2}$/.test(name))
    .sort()
    .flatMap((day) =>
      readdirSync(join(root, day))
        .filter((name) => name.includes(extension) && !/^[._]/.test(name))
        .sort()
        .map((name) => join(root, day, name)),
    );
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
