import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import { dataDirectory } from '../../shared/embedded/data-directory.ts';
import { LAKE_TABLES, type LakeTable } from '../../shared/features/trino-tables.ts';
import { viewTable } from '../lake-tables.ts';
import { openTrinoOnDuckdb } from '../trino-on-duckdb.ts';
import { writeParquet } from '../write-parquet.ts';
import type { TaskHandler } from './tasks.ts';

const request = z.object({
  QueryString: z.string().min(1).max(262_144),
  WorkGroup: z.string(),
  QueryExecutionContext: z.object({ Database: z.string() }),
  ResultConfiguration: z.object({ OutputLocation: z.string() }),
});

interface Query {
  /** Folder of the lake. */
  readonly lake: string;
  /** Where the result of a SELECT is to stand. */
  readonly result: string;
  /** Computes on views of the tables that the text names. */
  readonly onDuckdb: (work: (connection: DuckDBConnection) => Promise<void>) => Promise<void>;
}

const INTERRUPT_EVERY_MS = 20;

/** The statements that the platform sends, by their beginnings. */
const STATEMENTS: readonly {
  readonly type: 'DDL' | 'DML';
  readonly text: RegExp;
  readonly run: (query: Query, words: readonly string[]) => Promise<void>;
}[] = [
  { type: 'DDL', text: /^CREATE TABLE IF NOT EXISTS (\w+) /, run: createTable },
  { type: 'DML', text: /^DELETE FROM (\w+) WHERE dt = '(\d{4}-\d{2}-\d{2})'$/, run: deleteDay },
  { type: 'DML', text: /^INSERT INTO (\w+)\n(.+)$/s, run: insert },
  {
    type: 'DML',
    text: /^UNLOAD \(\n(.+)\n\) TO 's3:\/\/([^']+)' WITH \(format = 'JSON', compression = 'GZIP'\)$/s,
    run: unload,
  },
  { type: 'DML', text: /^((?:SELECT|WITH)\b.+)$/s, run: select },
];

/**
 * Stands in for Athena: runs the same text on the files of the embedded lake with DuckDB, and
 * answers as `startQueryExecution.sync` does. Rows are appended, never replaced, and a day is
 * deleted only by a statement that says so.
 */
export const startQueryExecution: TaskHandler = async (input, signal) => {
  const parsed = request.safeParse(input);
  if (!parsed.success)
    throw failure('Athena.InvalidRequestException', z.prettifyError(parsed.error));
  const { QueryString, ResultConfiguration, ...context } = parsed.data;
  const id = randomUUID();
  const OutputLocation = `${ResultConfiguration.OutputLocation}${id}.csv`;
  const text = QueryString.trim();
  const statement = STATEMENTS.find((each) => each.text.test(text));
  const answer = (Status: object) => ({
    QueryExecution: {
      QueryExecutionId: id,
      Query: QueryString,
      StatementType: statement?.type ?? 'UTILITY',
      ResultConfiguration: { OutputLocation },
      ...context,
      Status,
    },
  });
  try {
    if (statement === undefined)
      throw new Error(`FUNCTION_NOT_FOUND: no such statement here: ${text.slice(0, 60)}`);
    const words = (statement.text.exec(text) as RegExpExecArray).slice(1);
    signal.throwIfAborted();
    const bucket = ResultConfiguration.OutputLocation.split('/')[2] as string;
    const lake = pathOf(bucket);
    await statement.run(
      {
        lake,
        result: pathOf(OutputLocation.slice('s3://'.length)),
        onDuckdb: (work) => onDuckdb(text, lake, signal, work),
      },
      words,
    );
  } catch (error) {
    const StateChangeReason = (error as Error).message;
    throw failure(
      'States.TaskFailed',
      JSON.stringify(answer({ State: 'FAILED', StateChangeReason })),
      error,
    );
  }
  return answer({ State: 'SUCCEEDED' });
};

async function onDuckdb(
  text: string,
  lake: string,
  signal: AbortSignal,
  work: (connection: DuckDBConnection) => Promise<void>,
): Promise<void> {
  const scratch = join(dataDirectory().path, 'unfinished');
  mkdirSync(scratch, { recursive: true });
  const { connection, close } = await openTrinoOnDuckdb(scratch);
  let interrupting: NodeJS.Timeout | undefined;
  // Again and again: what has not quite begun hears nothing of it.
  const interrupt = () => {
    interrupting = setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    signal.throwIfAborted();
    for (const table of LAKE_TABLES)
      if (new RegExp(`\\b${table.name}\\b`).test(text)) await viewTable(connection, lake, table);
    signal.throwIfAborted();
    await work(connection);
  } finally {
    clearInterval(interrupting);
    signal.removeEventListener('abort', interrupt);
    close();
  }
}

/** The tables are folders: they are there with their first file. */
async function createTable(_: Query, [name = '']: readonly string[]): Promise<void> {
  tableNamed(name);
}

async function deleteDay({ lake }: Query, [name = '', day]: readonly string[]): Promise<void> {
  const folder = join(lake, tableNamed(name).folder, `dt=${day}`);
  for (const file of filesOf(folder)) rmSync(join(folder, file));
}

/** Columns go by their place, as everywhere in SQL; the last is the day. */
async function insert(
  { lake, onDuckdb: compute }: Query,
  [name = '', query]: readonly string[],
): Promise<void> {
  const { folder, columns } = tableNamed(name);
  const names = [...Object.keys(columns), 'dt'];
  const typed = Object.entries(columns).map(
    ([column, type]) => `CAST(${column} AS ${type}) AS ${column}`,
  );
  await compute(async (connection) => {
    await connection.run(
      `CREATE TEMP TABLE inserted AS SELECT * FROM (${query}) made(${names.join(', ')})`,
    );
    const days = await connection.runAndReadAll('SELECT DISTINCT dt FROM inserted ORDER BY dt');
    for (const [day] of days.getRows() as [string][]) {
      const path = join(lake, folder, `dt=${day}`);
      const count = filesOf(path).length;
      await writeParquet(
        connection,
        `SELECT ${typed.join(', ')} FROM inserted WHERE dt = '${day}'`,
        join(path, count === 0 ? 'part.parquet' : `part-${count}.parquet`),
      );
    }
  });
}

async function unload(
  { onDuckdb: compute }: Query,
  [query = '', location = '']: readonly string[],
): Promise<void> {
  const folder = pathOf(location);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`HIVE_PATH_ALREADY_EXISTS: s3://${location} is not empty`);
  await compute((connection) =>
    copy(connection, query, join(folder, '0.json.gz'), 'FORMAT json, COMPRESSION gzip'),
  );
}

async function select(
  { result, onDuckdb: compute }: Query,
  [query = '']: readonly string[],
): Promise<void> {
  await compute((connection) =>
    copy(connection, query, result, "FORMAT csv, HEADER, FORCE_QUOTE *, NULLSTR ''"),
  );
}

/** A file appears under its name when it is whole. */
async function copy(
  connection: DuckDBConnection,
  query: string,
  path: string,
  options: string,
): Promise<void> {
  mkdirSync(join(path, '..'), { recursive: true });
  const draft = join(path, '..', `.${randomUUID()}`);
  try {
    await connection.run(`COPY (${query}) TO '${draft.replaceAll("'", "''")}' (${options})`);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

function tableNamed(name: string): LakeTable {
  const table = LAKE_TABLES.find((each) => each.name === name);
  if (table === undefined) throw new Error(`TABLE_NOT_FOUND: ${name} is no table of the lake`);
  return table;
}

function filesOf(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder).filter((file) => file.endsWith('.parquet') && !file.startsWith('.'))
    : [];
}

/** Buckets are folders of the data directory. */
function pathOf(bucketAndKey: string): string {
  return join(dataDirectory().path, ...bucketAndKey.split('/'));
}

function failure(name: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { name });
}
