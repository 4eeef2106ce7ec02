import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { BatchFeatures } from '../shared/domain/batch-features.ts';
import type { SnapshotRow } from '../shared/domain/feature-snapshot.ts';
import { InvalidSnapshot, NotEnoughData, UnreadableInput } from '../shared/errors.ts';
import { entityColumn, snapshotColumns, trinoView } from '../shared/features/trino-view.ts';
import type { FeatureView } from '../shared/schemas/feature-view.ts';
import type { FeatureValue } from '../shared/schemas/score.ts';
import { viewSilver } from './silver.ts';
import { writeParquet } from './write-parquet.ts';

export interface SnapshotFile {
  readonly entity: string;
  readonly date: string;
  readonly rows: number;
  readonly path: string;
  /** Of the file. */
  readonly sha256: string;
}

/**
 * Makes the snapshot of a view as of a midnight from the silver before it, in place of an earlier
 * one of that date.
 * @param lake folder of the lake
 * @param at of what date, and when it counts as visible online; epoch milliseconds
 * @throws InvalidSnapshot where ids are missing or repeated, or the view has no row
 */
export async function makeSnapshot(
  connection: DuckDBConnection,
  lake: string,
  view: FeatureView,
  at: { date: number; validFrom: number; timeZone: string },
): Promise<SnapshotFile> {
  const date = new Date(at.date).toISOString().slice(0, 10);
  const path = snapshotPath(lake, view, date);
  let rows = 0;
  try {
    await viewSilver(connection, lake);
    await writeParquet(connection, trinoView(view, at), path, async (draft) => {
      rows = await checkedRows(connection, view, date, draft);
    });
  } catch (error) {
    if (error instanceof InvalidSnapshot) throw error;
    throw new UnreadableInput(
      `the ${view.entity} snapshot of ${date}: ${(error as Error).message}. A day of silver that cannot be read is made anew when its folder is deleted`,
      { cause: error },
    );
  }
  return { entity: view.entity, date, rows, path, sha256: await digestOf(path) };
}

async function checkedRows(
  connection: DuckDBConnection,
  view: FeatureView,
  date: string,
  file: string,
): Promise<number> {
  const id = entityColumn(view);
  const found = await connection.runAndReadAll(
    `SELECT count(*)::INT, count_if(${id} IS NULL OR ${id} = '')::INT,
       (count(${id}) - count(DISTINCT ${id}))::INT
     FROM ${parquet(file)}`,
  );
  const [rows, missing, repeated] = found.getRows()[0] as [number, number, number];
  if (missing > 0 || repeated > 0)
    throw new InvalidSnapshot(
      `the ${view.entity} snapshot of ${date} has ${missing} rows without ${id} and ${repeated} that repeat one: nothing was kept`,
    );
  return rows;
}

/**
 * What the batch job writes online of a snapshot: the features that the stream does not keep.
 * @throws NotEnoughData where there is no such snapshot
 */
export async function* batchRows(
  connection: DuckDBConnection,
  lake: string,
  view: FeatureView,
  date: string,
): AsyncGenerator<SnapshotRow> {
  const path = snapshotPath(lake, view, date);
  if (!existsSync(path))
    throw new NotEnoughData(`there is no ${path}: foresight features snapshot makes it`);
  const { selected, features } = batchColumns(view);
  yield* rowsOf(connection, `SELECT ${selected} FROM ${parquet(path)}`, features);
}

/**
 * What the snapshots of the lake told online of users and products, and when.
 * @throws NotEnoughData without a snapshot
 */
export async function batchHistory(
  connection: DuckDBConnection,
  lake: string,
  views: { readonly user: FeatureView; readonly product: FeatureView },
): Promise<BatchFeatures> {
  const history = new BatchFeatures();
  for (const kind of ['user', 'product'] as const) {
    const view = views[kind];
    if (!existsSync(join(lake, 'gold', `${kind}_features`)))
      throw new NotEnoughData(
        `the lake has no snapshot of a ${kind}: foresight features snapshot --from … --to … makes one a day`,
      );
    const { selected, columns, features } = batchColumns(view);
    const id = entityColumn(view);
    // Most rows say what the snapshot before them said.
    const changed = `SELECT ${selected}
      FROM (
        SELECT *, row(${columns}) AS told, lag(told) OVER (PARTITION BY ${id} ORDER BY valid_from) AS before
        FROM ${parquet(snapshotPath(lake, view, '*'))}
      )
      WHERE told IS DISTINCT FROM before
      ORDER BY valid_from, ${id}`;
    for await (const row of rowsOf(connection, changed, features)) history.add(kind, row);
  }
  return history;
}

function batchColumns(view: FeatureView) {
  const batch = snapshotColumns(view).filter(({ computed_by }) => computed_by === 'batch');
  const columns = batch.map(({ column }) => column).join(', ');
  return {
    columns,
    selected: `${entityColumn(view)}, CAST(valid_from AS DOUBLE), ${columns}`,
    features: batch.map(({ feature }) => feature),
  };
}

/** @param query an id, when it became visible, and a column for each of the features */
async function* rowsOf(
  connection: DuckDBConnection,
  query: string,
  features: readonly string[],
): AsyncGenerator<SnapshotRow> {
  const result = await connection.stream(query);
  for await (const rows of result.yieldRows())
    for (const [id, validFrom, ...values] of rows as FeatureValue[][])
      yield {
        id: id as string,
        validFrom: validFrom as number,
        values: Object.fromEntries(features.map((name, place) => [name, values[place] ?? null])),
      };
}

function parquet(path: string): string {
  return `read_parquet('${path.replaceAll("'", "''")}', hive_partitioning = false)`;
}

function snapshotPath(lake: string, view: FeatureView, date: string): string {
  return join(lake, 'gold', `${view.entity}_features`, `dt=${date}`, 'part.parquet');
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
