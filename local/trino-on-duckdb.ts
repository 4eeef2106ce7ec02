import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * What the Trino texts of `shared/features` use and DuckDB lacks, so that both run the same text.
 * Beyond these the texts keep to what the two agree on: DOUBLE literals and casts before divisions,
 * no day arithmetic, no IGNORE NULLS, NULL tested for.
 */
const PRELUDE = `
  CREATE MACRO from_iso8601_timestamp(iso) AS CAST(iso AS TIMESTAMP);
  CREATE MACRO to_unixtime(instant) AS epoch(instant);
  CREATE MACRO from_unixtime(seconds) AS to_timestamp(seconds);
  CREATE MACRO at_timezone(instant, zone) AS timezone(zone, instant);
  CREATE MACRO day_of_week(instant) AS isodow(instant);
  CREATE MACRO element_at(list, place) AS list[place];
`;

export interface TrinoOnDuckdb {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** @param scratch folder for what does not fit the memory */
export async function openTrinoOnDuckdb(scratch: string): Promise<TrinoOnDuckdb> {
  // 68 MB and a quarter of a second: loaded where it is used.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: scratch });
  const connection = await instance.connect();
  await connection.run(PRELUDE);
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
