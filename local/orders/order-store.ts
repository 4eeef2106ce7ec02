import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { transactions } from '../../shared/domain/orders/transactions.ts';
import { UnreadableInput } from '../../shared/errors.ts';
import { readLines } from '../read-lines.ts';
import { type OrderFiles, orderLines, placesOf } from '../read-orders.ts';
import { readRecords } from '../read-records.ts';
import { LINE_COLUMNS, transactionLines } from './transaction-lines.ts';

/** Order lines on disk, by customer and time: more than the memory holds. */
export interface OrderStore {
  /** DuckDB file with the table `order_lines` in order of (customer_number, time). */
  readonly file: string;
  /** Numbered from 0 in the order of their ids. */
  readonly customers: number;
  /** Of all files; what becomes of the lines kept is counted where their customers are read. */
  readonly counts: {
    readonly rows: number;
    readonly merged: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
  /** Of the lines kept, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

const MEMORY = '2GB';
const APPEND_ROWS = 2048;

/**
 * Reads the files once and sorts their lines on disk, by the same rules as `readOrders`.
 * @param folder for the file and for what the sort spills; the caller deletes it
 * @param now epoch milliseconds; what is dated later is dropped and counted
 * @throws UnreadableInput for a file that is no such table, has several currencies, or no purchase
 */
export async function storeOrders(
  { format, paths }: OrderFiles,
  now: number,
  folder: string,
): Promise<OrderStore> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const file = join(folder, 'orders.duckdb');
  const instance = await DuckDBInstance.create(file, {
    memory_limit: MEMORY,
    temp_directory: join(folder, 'spill'),
  });
  const connection = await instance.connect();
  try {
    const types = Object.entries(LINE_COLUMNS).map(([name, type]) => `${name} ${type}`);
    // The file lives for minutes: compressing it takes longer than reading it larger.
    await connection.run("SET force_compression = 'uncompressed'");
    await connection.run(`CREATE TEMP TABLE read_lines (file INTEGER, ${types.join(', ')})`);
    for (const [number, path] of paths.entries())
      if (format === 'transactions') await readTransactions(connection, number, path, now);
      else await appendLines(connection, number, orderLines(format, path), now);
    return await sorted(connection, paths, file);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Any format, row by row. */
async function appendLines(
  connection: DuckDBConnection,
  file: number,
  lines: ReturnType<typeof orderLines>,
  now: number,
): Promise<void> {
  const appender = await connection.createAppender('read_lines', 'main', 'temp');
  const text = (value: string | null) =>
    value === null ? appender.appendNull() : appender.appendVarchar(value);
  let rows = 0;
  for await (const line of lines) {
    const dropped = 'dropped' in line ? line.dropped : line.at > now ? 'date_in_the_future' : null;
    appender.appendInteger(file);
    if ('dropped' in line || dropped !== null)
      for (let column = 0; column < 8; column++) appender.appendNull();
    else {
      appender.appendVarchar(line.customer);
      appender.appendVarchar(line.order);
      appender.appendDouble(line.at);
      text(line.product);
      appender.appendDouble(line.quantity);
      appender.appendDouble(line.value);
      appender.appendBoolean(line.cancels);
      text(line.country);
    }
    text(dropped);
    appender.endRow();
    if (++rows % APPEND_ROWS === 0) appender.flushSync();
  }
  appender.closeSync();
}

/** A table of payments, by columns. */
async function readTransactions(
  connection: DuckDBConnection,
  file: number,
  path: string,
  now: number,
): Promise<void> {
  if (!existsSync(path)) throw new UnreadableInput(`cannot read ${path}: there is no such file`);
  const isParquet = /\.parquet$/i.test(path);
  const header = isParquet ? null : await headerOf(path);
  const source = isParquet ? `read_parquet(${text(path)})` : csv(path, header ?? []);
  try {
    await connection.run(`CREATE OR REPLACE TEMP VIEW source_rows AS SELECT * FROM ${source}`);
    const described = await connection.runAndReadAll('DESCRIBE source_rows');
    const types = new Map(described.getRows().map(([name, type]) => [`${name}`, `${type}`]));
    const names = [...types.keys()];
    const [customer, date, amount, order, currency, country] = placesOf(
      path,
      header ?? names,
      transactions,
    ).map((place) => names[place] ?? null) as [string, string, string, ...(string | null)[]];
    await refuseCurrencies(connection, path, currency ?? null);
    const columns = { customer, date, amount, order: order ?? null, country: country ?? null };
    await connection.run(
      `INSERT INTO read_lines SELECT ${file}, * FROM (${transactionLines(columns, types, now)})`,
    );
    if (!isParquet) await countRejected(connection, file);
  } catch (error) {
    if (error instanceof UnreadableInput) throw error;
    const [said = ''] = (error as Error).message.split('\n');
    throw new UnreadableInput(`cannot read ${path}: ${said}`, { cause: error });
  }
}

async function headerOf(path: string): Promise<readonly string[]> {
  if (/\.tsv(?:\.gz)?$/i.test(path)) {
    for await (const { text } of readLines(path)) if (text.trim() !== '') return text.split('\t');
  } else
    for await (const { cells } of readRecords(readLines(path))) if (cells !== null) return cells;
  throw new UnreadableInput(`${path} is empty`);
}

/** Every cell as text: the rules decide, not the database's guess. */
function csv(path: string, header: readonly string[]): string {
  const tabs = /\.tsv(?:\.gz)?$/i.test(path);
  const columns = header.map((_, place) => `c${place}: 'VARCHAR'`);
  return `read_csv(${text(path)}, auto_detect = false, header = true, delim = ${tabs ? "'\t', quote = ''" : `',', quote = '"', escape = '"'`},
    columns = {${columns.join(', ')}}, store_rejects = true)`;
}

/** Rows that the file's form forbids: the database has put them aside. */
async function countRejected(connection: DuckDBConnection, file: number): Promise<void> {
  await connection.run(
    `INSERT INTO read_lines (file, dropped) SELECT ${file},
       CASE WHEN bool_or(error_type IN ('MISSING COLUMNS', 'TOO MANY COLUMNS'))
         THEN 'column_count' ELSE 'invalid_row' END
     FROM reject_errors GROUP BY scan_id, line`,
  );
}

async function refuseCurrencies(
  connection: DuckDBConnection,
  path: string,
  currency: string | null,
): Promise<void> {
  if (currency === null) return;
  const found = await connection.runAndReadAll(
    `SELECT DISTINCT upper(trim(coalesce(CAST("${currency.replaceAll('"', '""')}" AS VARCHAR), ''))) AS one
     FROM source_rows ORDER BY one LIMIT 5`,
  );
  const currencies = found.getRows().map(([one]) => `${one}` || 'no currency');
  if (currencies.length > 1)
    throw new UnreadableInput(
      `${path} has amounts in ${currencies.join(' and ')}: convert them to one`,
    );
}

async function sorted(
  connection: DuckDBConnection,
  paths: readonly string[],
  file: string,
): Promise<OrderStore> {
  const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRows();
  const dropped = await ask(
    'SELECT dropped, count(*)::DOUBLE FROM read_lines WHERE dropped IS NOT NULL GROUP BY ALL ORDER BY ALL',
  );
  const [all] = await ask(
    'SELECT count(*)::DOUBLE, (count(*) FILTER (dropped IS NULL))::DOUBLE FROM read_lines',
  );
  const [rows, readable] = all as [number, number];
  if (paths.length > 1) await mergeFiles(connection);
  await connection.run(
    `CREATE TABLE customers AS SELECT customer, (row_number() OVER (ORDER BY customer) - 1)::INTEGER AS customer_number
     FROM (SELECT DISTINCT customer FROM read_lines WHERE dropped IS NULL)`,
  );
  await connection.run(
    `CREATE TABLE order_lines AS
     SELECT customer_number, order_id, time, product, quantity, value, cancels, country
     FROM (SELECT *, rowid AS ordinal FROM read_lines WHERE dropped IS NULL) JOIN customers USING (customer)
     ORDER BY customer_number, time, ordinal`,
  );
  await connection.run('DROP TABLE read_lines');
  const [found] = await ask(
    'SELECT count(*)::DOUBLE, min(time), max(time), (SELECT count(*)::INTEGER FROM customers), (count(*) FILTER (NOT cancels))::DOUBLE FROM order_lines',
  );
  const [kept, from, to, customers, purchases] = found as [number, number, number, number, number];
  const counts = {
    rows,
    merged: readable - kept,
    dropped: Object.fromEntries(dropped as [string, number][]),
  };
  if (purchases === 0)
    throw new UnreadableInput(`${paths.join(', ')} holds no purchase: ${JSON.stringify(counts)}`);
  return { file, customers, counts, from, to };
}

/** A row n times in one file and m times in another counts max(n, m) times. */
async function mergeFiles(connection: DuckDBConnection): Promise<void> {
  const row = 'customer, order_id, time, product, quantity, value';
  await connection.run(
    `CREATE TEMP TABLE merged_lines AS SELECT * EXCLUDE (ordinal, repeat) FROM (
       SELECT *, rowid AS ordinal,
         row_number() OVER (PARTITION BY file, ${row} ORDER BY rowid) AS repeat
       FROM read_lines WHERE dropped IS NULL)
     QUALIFY row_number() OVER (PARTITION BY ${row}, repeat ORDER BY ordinal) = 1
     ORDER BY ordinal`,
  );
  await connection.run('DROP TABLE read_lines');
  await connection.run('ALTER TABLE merged_lines RENAME TO read_lines');
}

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
