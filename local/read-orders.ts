import { cdnowLine } from '../shared/domain/orders/cdnow.ts';
import { onlineRetail } from '../shared/domain/orders/online-retail.ts';
import { type OrderBook, OrderCollector } from '../shared/domain/orders/order-book.ts';
import type { MappedLine, OrderFormat } from '../shared/domain/orders/order-line.ts';
import { transactions } from '../shared/domain/orders/transactions.ts';
import { UnreadableInput, Usage } from '../shared/errors.ts';
import { readLines } from './read-lines.ts';
import { readRecords } from './read-records.ts';
import { openTable } from './read-table.ts';

export const ORDER_FORMATS = ['online-retail', 'cdnow', 'transactions'] as const;

const PROGRESS_EVERY = 50_000;

/**
 * The orders of files such as `online-retail:2010.csv.gz,2011.csv.gz`.
 * @param source one of `ORDER_FORMATS`, a colon, and files apart by commas
 * @param now epoch milliseconds; what is dated later is dropped and counted
 * @throws Usage for a source that is not written so
 * @throws UnreadableInput for a file that is no such table, or has amounts of several currencies
 */
export async function readOrders(
  source: string,
  now: number,
  report: (rows: number) => void,
): Promise<OrderBook> {
  const { format, paths } = parseOrderSource(source);
  const collector = new OrderCollector({ files: paths.length, now });
  let rows = 0;
  for (const path of paths) {
    collector.startFile();
    for await (const line of orderLines(format, path)) {
      collector.add(line);
      if (++rows % PROGRESS_EVERY === 0) report(rows);
    }
  }
  const book = collector.finish();
  if (book.customers.length === 0)
    throw new UnreadableInput(`${source} holds no purchase: ${JSON.stringify(book.counts)}`);
  return book;
}

export interface OrderFiles {
  readonly format: (typeof ORDER_FORMATS)[number];
  readonly paths: readonly string[];
}

/** @throws Usage for a source that is not written `format:file[,file…]` */
export function parseOrderSource(source: string): OrderFiles {
  const colon = source.indexOf(':');
  const format = ORDER_FORMATS.find((name) => name === source.slice(0, colon));
  const paths = source
    .slice(colon + 1)
    .split(',')
    .filter((path) => path !== '');
  if (format === undefined || paths.length === 0)
    throw new Usage(
      `--orders ${source}: write format:file[,file…], the format ${ORDER_FORMATS.join(', ')}`,
    );
  return { format, paths };
}

/**
 * The rows of a file, one after another.
 * @throws UnreadableInput for a file that is no such table, or has amounts of several currencies
 */
export function orderLines(format: OrderFiles['format'], path: string): AsyncIterable<MappedLine> {
  if (format === 'online-retail') return tableLines(path, onlineRetail);
  return format === 'cdnow' ? cdnowLines(path) : transactionLines(path);
}

async function* cdnowLines(path: string) {
  let first = true;
  for await (const { text } of readLines(path)) {
    if (text.trim() === '') continue;
    const mapped = cdnowLine(text);
    if (first && 'dropped' in mapped && !/^\s*customer_id\b/.test(text))
      throw new UnreadableInput(`${path} is no CDNOW file: it begins with ${text.slice(0, 80)}`);
    if (!(first && 'dropped' in mapped)) yield mapped;
    first = false;
  }
}

/** With one currency, or none named. */
async function* transactionLines(path: string) {
  const currencies = new Set<string>();
  for await (const mapped of tableLines(path, transactions, (cells) =>
    currencies.add((cells[4] ?? '').trim().toUpperCase()),
  )) {
    if (currencies.size > 1)
      throw new UnreadableInput(
        `${path} has amounts in ${[...currencies].map((one) => one || 'no currency').join(' and ')}: convert them to one`,
      );
    yield mapped;
  }
}

async function* tableLines(
  path: string,
  format: OrderFormat,
  look: (cells: readonly string[]) => void = () => {},
) {
  let places: readonly number[] | null = null;
  let width = 0;
  for await (const cells of tableCells(path)) {
    if (cells === null) yield { dropped: 'invalid_row' };
    else if (places === null) {
      places = placesOf(path, cells, format);
      width = cells.length;
    } else if (cells.length !== width) yield { dropped: 'column_count' };
    else {
      const chosen = places.map((place) => cells[place] ?? '');
      look(chosen);
      yield format.line(chosen);
    }
  }
  if (places === null) throw new UnreadableInput(`${path} is empty`);
}

/** The rows of a table, the header first; null for one that cannot be read. */
async function* tableCells(path: string): AsyncGenerator<readonly string[] | null> {
  if (/\.parquet$/i.test(path)) {
    const table = await openTable(path);
    try {
      yield table.columns;
      for await (const { count, texts } of table.rows([], table.columns))
        for (let row = 0; row < count; row++) yield texts.map((column) => column[row] ?? '');
    } finally {
      table.close();
    }
  } else if (/\.tsv(?:\.gz)?$/i.test(path)) {
    for await (const { text, overlong } of readLines(path))
      if (text.trim() !== '') yield overlong ? null : text.split('\t');
  } else for await (const { cells } of readRecords(readLines(path))) yield cells;
}

export function placesOf(
  path: string,
  header: readonly string[],
  { columns, optional = [] }: OrderFormat,
): readonly number[] {
  const names = header.map((name) => name.trim());
  const placeOf = (aliases: readonly string[]) => names.findIndex((name) => aliases.includes(name));
  const missing = columns.filter((aliases) => placeOf(aliases) < 0);
  if (missing.length > 0)
    throw new UnreadableInput(
      `${path} has no column ${missing.map((aliases) => aliases.join(' or ')).join(', ')}: its first line is ${names.join(',').slice(0, 120)}`,
    );
  return [...columns, ...optional].map(placeOf);
}
