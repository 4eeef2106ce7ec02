import type { FeatureView } from '../schemas/feature-view.ts';
import { DAY_MS } from './day-tiles.ts';
import { textLiteral } from './trino-fields.ts';
import { trinoSilverDay } from './trino-silver.ts';
import {
  BRONZE_EVENTS,
  type LakeTable,
  SILVER_TABLES,
  snapshotTable,
  type TrinoType,
} from './trino-tables.ts';
import { entityColumn, snapshotColumns, trinoView } from './trino-view.ts';

/** What replaces a day of a table: run in this order, again from the first where one failed. */
export interface Replacement {
  readonly table: string;
  readonly clear: string;
  readonly write: string;
}

const ICEBERG_TYPES: Readonly<Record<TrinoType, string>> = {
  VARCHAR: 'string',
  DOUBLE: 'double',
  BIGINT: 'bigint',
  BOOLEAN: 'boolean',
};

/** Athena's DDL of an Iceberg table. */
export function createTable(table: LakeTable, bucket: string): string {
  const columns = Object.entries({ ...table.columns, dt: 'VARCHAR' } as const).map(
    ([name, type]) => `  ${name} ${ICEBERG_TYPES[type]}`,
  );
  return `CREATE TABLE IF NOT EXISTS ${table.name} (
${columns.join(',\n')}
)
PARTITIONED BY (${['dt', ...table.partitions].join(', ')})
LOCATION 's3://${bucket}/${table.folder}'
TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', 'write_compression' = 'zstd')
`;
}

/** The statements that make a day of silver, table by table. */
export function silverDay(day: string): readonly Replacement[] {
  const texts = trinoSilverDay(Date.parse(day));
  return Object.entries(SILVER_TABLES).map(([name, table]) =>
    replacement(
      table,
      day,
      texts[name as keyof typeof SILVER_TABLES],
      `WITH silver_steps AS (\n${texts.steps})\n`,
    ),
  );
}

/** The statements that make the snapshot of a date. */
export function snapshotOfDate(view: FeatureView, date: string, timeZone: string): Replacement {
  return replacement(
    snapshotTable(view),
    date,
    trinoView(view, { date: Date.parse(date), timeZone }),
  );
}

/** What is counted of the lines received on a day, before silver is made of them. */
export const REQUIRED_COLUMNS = [
  'event_id',
  'event_type',
  'event_timestamp',
  'received_at',
  'order_key',
  'visitor',
  'is_bot',
] as const;

/** One row: `lines`, and `without_…` of each required column. */
export function surveyDay(day: string): string {
  const counts = REQUIRED_COLUMNS.map((name) => `count_if(${name} IS NULL) AS without_${name}`);
  return `SELECT count(*) AS lines, ${counts.join(', ')}
FROM ${BRONZE_EVENTS.name}
WHERE dt IN ('${day}', '${dayAfter(day, 1)}')
  AND (received_at IS NULL OR substr(received_at, 1, 10) = '${day}')
`;
}

/** Snapshots of the days before that a new one is compared with. */
export const TRAILING_DAYS = 7;

/**
 * A row a snapshot, by `dt`: `row_count`, `ids`, `without_id`, and of each column `present_…`,
 * and for numbers `least_…` and `greatest_…`.
 */
export function surveySnapshots(view: FeatureView, date: string): string {
  const table = snapshotTable(view);
  const id = entityColumn(view);
  const counts = snapshotColumns(view).flatMap(({ column }) => [
    `count(${column}) AS present_${column}`,
    ...(table.columns[column] === 'DOUBLE'
      ? [`min(${column}) AS least_${column}`, `max(${column}) AS greatest_${column}`]
      : []),
  ]);
  return `SELECT dt, count(*) AS row_count, count(DISTINCT ${id}) AS ids,
  count_if(${id} IS NULL OR ${id} = '') AS without_id,
  ${counts.join(',\n  ')}
FROM ${table.name}
WHERE dt >= '${dayAfter(date, -TRAILING_DAYS)}' AND dt <= '${date}'
GROUP BY dt
ORDER BY dt
`;
}

/** Writes what is loaded online as JSON lines: `id`, and the columns of the batch features. */
export function exportSnapshot(view: FeatureView, date: string, location: string): string {
  const columns = snapshotColumns(view)
    .filter(({ computed_by }) => computed_by === 'batch')
    .map(({ column }) => column);
  return `UNLOAD (
SELECT ${[`${entityColumn(view)} AS id`, ...columns].join(', ')}
FROM ${snapshotTable(view).name}
WHERE dt = '${date}'
) TO '${location}' WITH (format = 'JSON', compression = 'GZIP')
`;
}

function replacement(table: LakeTable, day: string, query: string, relations = ''): Replacement {
  return {
    table: table.name,
    clear: `DELETE FROM ${table.name} WHERE dt = ${textLiteral(day)}\n`,
    write: `INSERT INTO ${table.name}
${relations}SELECT made.*, ${textLiteral(day)} AS dt
FROM (
${query}) made
`,
  };
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}
