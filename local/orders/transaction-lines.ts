import { UnreadableInput } from '../../shared/errors.ts';

/** A file's columns by name, with the types that the database reads them as. */
export type ColumnTypes = ReadonlyMap<string, string>;

/** Column of `order_lines` → SQL. */
export const LINE_COLUMNS = {
  customer: 'VARCHAR',
  order_id: 'VARCHAR',
  /** Epoch milliseconds. */
  time: 'DOUBLE',
  product: 'VARCHAR',
  quantity: 'DOUBLE',
  value: 'DOUBLE',
  cancels: 'BOOLEAN',
  country: 'VARCHAR',
  /** Why the row is no line; null where it is one. */
  dropped: 'VARCHAR',
} as const;

/**
 * The rules of `shared/domain/orders/transactions.ts` as SQL over the columns of a file, for millions
 * of rows; a property test compares both.
 * @param columns of the file, by what they are: names as the file has them, null where absent
 * @param now epoch milliseconds
 */
export function transactionLines(
  columns: {
    readonly customer: string;
    readonly date: string;
    readonly amount: string;
    readonly order: string | null;
    readonly country: string | null;
  },
  types: ColumnTypes,
  now: number,
): string {
  const textOf = (column: string | null) =>
    column === null ? "''" : trimmed(`coalesce(CAST(${quoted(column)} AS VARCHAR), '')`);
  return `SELECT CASE WHEN dropped IS NULL THEN customer END AS customer,
      CASE WHEN dropped IS NULL THEN order_id END AS order_id,
      CASE WHEN dropped IS NULL THEN time END AS time, 'purchase' AS product, 1.0 AS quantity,
      CASE WHEN dropped IS NULL THEN abs(amount) END AS value, coalesce(amount < 0, false) AS cancels,
      CASE WHEN dropped IS NULL THEN nullif(country, '') END AS country, dropped
    FROM (SELECT *, coalesce(nullif(named, ''), customer || ' ' || ${textOf(columns.date)}) AS order_id, CASE
        WHEN customer = '' THEN 'no_customer'
        WHEN time IS NULL THEN 'unreadable_date'
        WHEN amount IS NULL THEN 'unreadable_amount'
        WHEN time > ${now} THEN 'date_in_the_future' END AS dropped
      FROM (SELECT ${quoted(columns.date)}, ${textOf(columns.customer)} AS customer,
          ${textOf(columns.order)} AS named, ${textOf(columns.country)} AS country,
          ${timeOf(columns.date, types)} AS time, ${numberOf(columns.amount, types)} AS amount
        FROM source_rows))`;
}

/** What JavaScript's trim takes off. */
const BLANKS = `' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) || chr(65279)`;

/** Most cells need no trimming, and looking is cheaper. */
const trimmed = (cell: string) =>
  `CASE WHEN regexp_full_match(${cell}, '[!-~](?:[ -~]*[!-~])?') THEN ${cell} ELSE trim(${cell}, ${BLANKS}) END`;

/** As `decimal` has it: commas between thousands. */
function numberOf(column: string, types: ColumnTypes): string {
  const type = types.get(column) ?? '';
  if (/^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/.test(type)) {
    const number = `CAST(${quoted(column)} AS DOUBLE)`;
    return /^(?:DOUBLE|FLOAT)$/.test(type)
      ? `CASE WHEN isfinite(${number}) THEN ${number} END`
      : number;
  }
  if (type !== 'VARCHAR') throw new UnreadableInput(`column ${column}: ${type} is no amount`);
  const text = `trim(${quoted(column)}, ${BLANKS})`;
  return `CASE WHEN regexp_full_match(${text}, '[-+]?(?:\\d{1,3}(?:,\\d{3})+|\\d*)(?:\\.\\d+)?(?:[eE][-+]?\\d+)?')
    AND regexp_matches(${text}, '\\d') THEN TRY_CAST(replace(ltrim(${text}, '+'), ',', '') AS DOUBLE) END`;
}

/** As `timestamp` has it: a local time as it stands, one with a zone in UTC; milliseconds cut off. */
function timeOf(column: string, types: ColumnTypes): string {
  const type = types.get(column) ?? '';
  const name = quoted(column);
  const millis = (time: string) => `CAST(epoch(date_trunc('second', ${time})) AS DOUBLE) * 1000`;
  if (/^(?:TIMESTAMP(?:_S|_MS|_NS)?|DATE)$/.test(type)) return millis(`CAST(${name} AS TIMESTAMP)`);
  if (type === 'TIMESTAMP WITH TIME ZONE') return millis(`${name} AT TIME ZONE 'UTC'`);
  if (type !== 'VARCHAR') throw new UnreadableInput(`column ${column}: ${type} is no date`);
  const parts = `regexp_extract(trim(${name}, ${BLANKS}), '${TIMESTAMP}', ['y', 'mo', 'd', 'h', 'mi', 's', 'z'])`;
  return `list_transform([${parts}], lambda cell: CASE
      WHEN cell.y = '' OR cell.y < '0100' OR TRY_CAST(cell.y || '-' || cell.mo || '-' || cell.d AS DATE) IS NULL
        OR ${SECONDS} >= 86400 OR ${whole('h')} > 23 THEN NULL
      ELSE (epoch(CAST(cell.y || '-' || cell.mo || '-' || cell.d AS DATE)) + ${SECONDS} - ${ZONE} * 60) * 1000.0
    END)[1]`;
}

const TIMESTAMP =
  '^(\\d{4})-?(\\d{2})-?(\\d{2})(?:[T ](\\d{2}):(\\d{2})(?::(\\d{2})(?:\\.\\d+)?)?(Z|[-+]\\d{2}(?::?\\d{2})?)?)?$';
const whole = (part: string) => `coalesce(TRY_CAST(nullif(cell.${part}, '') AS INT), 0)`;
const SECONDS = `((${whole('h')} * 60 + ${whole('mi')}) * 60 + ${whole('s')})`;
/** Minutes ahead of UTC. */
const ZONE = `CASE WHEN cell.z IN ('', 'Z') THEN 0 ELSE (CASE WHEN cell.z[1] = '-' THEN -1 ELSE 1 END)
  * (CAST(cell.z[2:3] AS INT) * 60 + CASE WHEN length(cell.z) > 3 THEN CAST(right(cell.z, 2) AS INT) ELSE 0 END) END`;

const quoted = (column: string) => `"${column.replaceAll('"', '""')}"`;
