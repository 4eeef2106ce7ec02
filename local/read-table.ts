import { existsSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { UnreadableInput, Usage } from '../shared/errors.ts';
import { readLines } from './read-lines.ts';
import { readRecords } from './read-records.ts';

/** A column to read as numbers. */
export interface NumberColumn {
  readonly name: string;
  /** Texts that stand for 0, 1, …: what is not among them is missing. */
  readonly categories?: readonly string[];
}

export interface TableRows {
  readonly count: number;
  /** Row after row, as many numbers in each as there are columns; NaN where missing. */
  readonly numbers: Float64Array;
  /** Columns to keep, as text; null where missing. */
  readonly texts: readonly (readonly (string | null)[])[];
  /** By column: texts that are not among its categories. */
  readonly unknown: readonly number[];
}

/** A CSV or Parquet file, read a few thousand rows at a time. */
export interface Table {
  readonly path: string;
  readonly columns: readonly string[];
  count(): Promise<number>;
  /** Whether a column holds texts that are no numbers. */
  isText(column: string): Promise<boolean>;
  /** The different texts of a column, sorted by code point. */
  distinct(column: string): Promise<readonly string[]>;
  /** @throws UnreadableInput naming file, row and column where a cell is no number */
  rows(numbers: readonly NumberColumn[], texts?: readonly string[]): AsyncGenerator<TableRows>;
  close(): void;
}

/**
 * @throws UnreadableInput where there is no such file, or it cannot be read as what its name says
 * @throws Usage for a file name that says neither
 */
export async function openTable(path: string): Promise<Table> {
  const source = await sourceOf(path);
  // 68 MB and a quarter of a second: loaded where it is used.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    const types = await typesOf(connection, path, source);
    return { ...tableOf(connection, path, source, types), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** What SQL reads the file from. */
async function sourceOf(path: string): Promise<string> {
  if (!FILE_NAME.test(path))
    throw new Usage(`${path}: use a file that ends in .csv, .csv.gz or .parquet`);
  if (!existsSync(path)) throw new UnreadableInput(`cannot read ${path}: there is no such file`);
  if (/\.parquet$/i.test(path)) return `read_parquet(${text(path)})`;
  // Nothing is left to guessing: a row that does not fit the header must not become the header.
  const columns = (await headerOf(path)).map((column) => `${text(column)}: 'VARCHAR'`);
  return `read_csv(${text(path)}, auto_detect = false, header = true, delim = ',', quote = '"',
    escape = '"', columns = {${columns.join(', ')}})`;
}

const FILE_NAME = /\.(?:csv|csv\.gz|parquet)$/i;

async function headerOf(path: string): Promise<readonly string[]> {
  for await (const { cells, text: line } of readRecords(readLines(path))) {
    if (cells === null) throw new UnreadableInput(`${path}, line 1: ${line.slice(0, 80)}`);
    const names = cells.map((cell) => cell.trim());
    const twice = names.find((one, place) => names.indexOf(one) < place);
    if (twice !== undefined) throw new UnreadableInput(`${path} has two columns ${twice}`);
    return names;
  }
  throw new UnreadableInput(`${path} has no header: it is empty`);
}

async function typesOf(
  connection: DuckDBConnection,
  path: string,
  source: string,
): Promise<ReadonlyMap<string, string>> {
  const described = await asked(connection, path, `DESCRIBE SELECT * FROM ${source}`);
  return new Map(described.map(([name, type]) => [name as string, type as string]));
}

function tableOf(
  connection: DuckDBConnection,
  path: string,
  source: string,
  types: ReadonlyMap<string, string>,
): Omit<Table, 'close'> {
  const columns = [...types.keys()];

  function typeOf(column: string): string {
    const type = types.get(column);
    if (type === undefined)
      throw new UnreadableInput(
        `${path} has no column ${column}: it has ${columns.slice(0, MOST_NAMED).join(', ')}${columns.length > MOST_NAMED ? ', …' : ''}`,
      );
    return type;
  }

  /** A number, 1 for true, 0 for false, or NULL where the cell is empty or holds none of these. */
  function numberOf(column: string): string {
    const type = typeOf(column);
    if (type === 'VARCHAR')
      return `coalesce(TRY_CAST(${name(column)} AS DOUBLE),
        CASE lower(${name(column)}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END)`;
    if (/^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN)$/.test(type))
      return `CAST(${name(column)} AS DOUBLE)`;
    throw new UnreadableInput(`${path}, column ${column}: ${type} is neither number nor text`);
  }

  const noNumber = (column: string) => `${name(column)} <> '' AND ${numberOf(column)} IS NULL`;

  return {
    path,
    columns,
    async count() {
      const [row] = await asked(connection, path, `SELECT count(*)::DOUBLE FROM ${source}`);
      return row?.[0] as number;
    },
    async isText(column) {
      if (typeOf(column) !== 'VARCHAR') return false;
      const sql = `SELECT count(*) > 0 FROM (SELECT 1 FROM ${source} WHERE ${noNumber(column)} LIMIT 1)`;
      return (await asked(connection, path, sql))[0]?.[0] === true;
    },
    async distinct(column) {
      typeOf(column);
      const cell = `CAST(${name(column)} AS VARCHAR)`;
      const sql = `SELECT DISTINCT ${cell} AS text FROM ${source} WHERE ${cell} <> '' ORDER BY text`;
      return (await asked(connection, path, sql)).map(([value]) => value as string);
    },
    async *rows(numbers, texts = []) {
      const plain = numbers.filter(({ categories }) => categories === undefined);
      const faults = plain
        .filter((column) => typeOf(column.name) === 'VARCHAR')
        .map(
          (column) =>
            `CASE WHEN ${noNumber(column.name)} THEN ${text(column.name)} || ': "' || ${name(column.name)} || '"' END`,
        );
      const select = [
        ...numbers.map((column) =>
          column.categories === undefined ? numberOf(column.name) : textOf(column.name),
        ),
        ...texts.map(textOf),
        faults.length === 0 ? 'NULL::VARCHAR' : `coalesce(${faults.join(', ')}, NULL)`,
      ];
      const places = numbers.map(
        ({ categories }) => categories && new Map(categories.map((one, place) => [one, place])),
      );
      let before = 0;
      for await (const cells of streamed(
        connection,
        path,
        `SELECT ${select.join(', ')} FROM ${source}`,
      )) {
        const fault = cells.at(-1)?.findIndex((one) => one !== null) ?? -1;
        if (fault >= 0)
          throw new UnreadableInput(
            `${path}, row ${before + fault + 1} (without the header), column ${cells.at(-1)?.[fault]} is no number`,
          );
        const count = cells[0]?.length ?? 0;
        yield { count, ...rowsOf(cells, places, count), texts: textsOf(cells, places.length) };
        before += count;
      }
    },
  };

  function textOf(column: string): string {
    typeOf(column);
    return `CAST(${name(column)} AS VARCHAR)`;
  }
}

const MOST_NAMED = 12;

type Cell = number | string | null;

function rowsOf(
  cells: readonly (readonly Cell[])[],
  places: readonly (ReadonlyMap<string, number> | undefined)[],
  count: number,
): Pick<TableRows, 'numbers' | 'unknown'> {
  const width = places.length;
  const numbers = new Float64Array(count * width).fill(Number.NaN);
  const unknown = places.map((categories, column) => {
    const values = cells[column] as readonly Cell[];
    let strangers = 0;
    for (let row = 0; row < count; row++) {
      const value = values[row] as Cell;
      if (value === null || value === '') continue;
      const number = categories === undefined ? (value as number) : categories.get(value as string);
      if (number === undefined) strangers++;
      else numbers[row * width + column] = number;
    }
    return strangers;
  });
  return { numbers, unknown };
}

function textsOf(cells: readonly (readonly Cell[])[], from: number) {
  return cells.slice(from, -1) as readonly (readonly (string | null)[])[];
}

async function* streamed(
  connection: DuckDBConnection,
  path: string,
  sql: string,
): AsyncGenerator<readonly (readonly Cell[])[]> {
  try {
    const result = await connection.stream(sql);
    for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk())
      yield chunk.getColumns() as Cell[][];
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function asked(connection: DuckDBConnection, path: string, sql: string) {
  try {
    return (await connection.runAndReadAll(sql)).getRows();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Error {
  if (error instanceof UnreadableInput) return error;
  const [said = ''] = (error as Error).message.split(/\n(?:\n|Possible fixes)/);
  return new UnreadableInput(`cannot read ${path}: ${said.replaceAll('\n', '; ')}`, {
    cause: error,
  });
}

/** SQL's way to write a name, and a text. */
const name = (column: string) => `"${column.replaceAll('"', '""')}"`;
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
