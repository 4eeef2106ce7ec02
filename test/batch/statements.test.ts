import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { viewTable } from '../../local/lake-tables.ts';
import { readServiceFile } from '../../local/service-file.ts';
import {
  createTable,
  exportSnapshot,
  silverDay,
  snapshotOfDate,
  surveyDay,
  surveySnapshots,
} from '../../shared/features/trino-statements.ts';
import {
  BRONZE_EVENTS,
  LAKE_TABLES,
  type LakeTable,
  SILVER_TABLES,
  SNAPSHOT_VIEWS,
  snapshotTable,
} from '../../shared/features/trino-tables.ts';
import { openTestLake } from './lake.ts';

const DATE = '2026-05-07';
const ICEBERG = { VARCHAR: 'string', DOUBLE: 'double', BIGINT: 'bigint', BOOLEAN: 'boolean' };

test('the DDL of a table, kept apart by day and type of event', () => {
  const small: LakeTable = {
    ...SILVER_TABLES.events,
    columns: { event_type: 'VARCHAR', price: 'DOUBLE', event_time: 'BIGINT' },
  };
  expect(createTable(small, 'lake')).toBe(`CREATE TABLE IF NOT EXISTS silver_events (
  event_type string,
  price double,
  event_time bigint,
  dt string
)
PARTITIONED BY (dt, event_type)
LOCATION 's3://lake/silver/events/'
TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', 'write_compression' = 'zstd')
`);
});

test('a day is cleared and written, and nothing else of the table', () => {
  const [events] = silverDay('2026-05-06');
  expect(events?.clear).toBe(`DELETE FROM silver_events WHERE dt = '2026-05-06'\n`);
  expect(events?.write).toMatch(
    /^INSERT INTO silver_events\nWITH silver_steps AS \(\n.*SELECT made\.\*, '2026-05-06' AS dt\nFROM \(/s,
  );
});

/** The texts that write, and the table that they write to. */
const writes: readonly (readonly [LakeTable, string])[] = [
  ...silverDay('2026-05-06').map(
    ({ table, write }) =>
      [LAKE_TABLES.find(({ name }) => name === table) as LakeTable, write] as const,
  ),
  ...Object.values(SNAPSHOT_VIEWS).map(
    (view) => [snapshotTable(view), snapshotOfDate(view, DATE, 'UTC').write] as const,
  ),
];

test.each(writes)('$name gets its columns in their order, of their types', async (table, write) => {
  const lake = await openTestLake();
  try {
    const { connection } = lake.duckdb;
    for (const each of LAKE_TABLES) await viewTable(connection, lake.folder, each);
    const query = write.slice(write.indexOf('\n'));
    const described = await connection.runAndReadAll(
      `DESCRIBE SELECT * FROM (${query}) WHERE false`,
    );
    const found = described
      .getRows()
      .map(([name, type]) => [name, type === 'HUGEINT' ? 'BIGINT' : type]);
    expect(found).toEqual(Object.entries({ ...table.columns, dt: 'VARCHAR' }));
  } finally {
    lake.close();
  }
});

describe('every text names the days it reads', () => {
  test.each<[string, string]>([
    ...writes.map(([{ name }, write]): [string, string] => [name, write]),
    ['survey of a day', surveyDay('2026-05-06')],
    ...Object.values(SNAPSHOT_VIEWS).flatMap((view): [string, string][] => [
      [`survey of ${view.entity}s`, surveySnapshots(view, DATE)],
      [`export of ${view.entity}s`, exportSnapshot(view, DATE, 's3://lake/x/')],
    ]),
  ])('%s', (_, text) => {
    const tables = LAKE_TABLES.map(({ name }) => name).join('|');
    const scans = text
      .split(new RegExp(`FROM (?:${tables})\\b`))
      .slice(1)
      .map((rest) => rest.split('FROM')[0] as string);
    expect(scans.length).toBeGreaterThan(0);
    for (const scan of scans) expect(scan).toMatch(/\bdt (?:IN|>=|<|=) /);
  });
});

test("Glue's table of the events has the columns of the text", () => {
  const { resources } = readServiceFile(
    join(import.meta.dirname, '../../serverless.yml'),
    'dev',
    // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties have no one type
  ) as { resources: any[] };
  const { Resources } = resources.find(({ Resources: all }) => all.BronzeEventsTable);
  const { TableInput } = Resources.BronzeEventsTable.Properties;
  expect(TableInput).toMatchObject({
    Name: BRONZE_EVENTS.name,
    PartitionKeys: [{ Name: 'dt', Type: 'string' }],
    Parameters: { 'projection.enabled': 'true', 'projection.dt.type': 'date' },
    StorageDescriptor: {
      Location: { 'Fn::Sub': `s3://\${LakeBucket}/${BRONZE_EVENTS.folder}` },
      Columns: Object.entries(BRONZE_EVENTS.columns).map(([Name, type]) => {
        return { Name, Type: ICEBERG[type] };
      }),
    },
  });
});
