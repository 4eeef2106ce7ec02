import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { BatchFeatures, type VisibleRow } from '../shared/domain/batch-features.ts';
import type { SnapshotRow } from '../shared/domain/feature-snapshot.ts';
import { InvalidSnapshot, NotEnoughData, UnreadableInput } from '../shared/errors.ts';
import {
  entityColumn,
  type SnapshotEntity,
  snapshotColumns,
  snapshotEntity,
  trinoView,
} from '../shared/features/trino-view.ts';
import type { FeatureView } from '../shared/schemas/feature-view.ts';
import type { FeatureValue } from '../shared/schemas/score.ts';
import type { SnapshotMark } from '../shared/schemas/snapshot-mark.ts';
import { viewSilver } from './silver.ts';
import { writeParquet } from './write-parquet.ts';

export interface SnapshotFile {
  readonly entity: SnapshotEntity;
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
 * @param at of what date, epoch milliseconds
 * @throws InvalidSnapshot where ids are missing or repeated, or the view has no row
 */
export async function makeSnapshot(
  connection: DuckDBConnection,
  lake: string,
  view: FeatureView,
  at: { date: number; timeZone: string },
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
  return { entity: snapshotEntity(view), date, rows, path, sha256: await digestOf(path) };
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
  const { columns, features } = batchColumns(view);
  const query = `SELECT ${entityColumn(view)}, 0E0, ${columns} FROM ${parquet(path)}`;
  for await (const { id, values } of rowsOf(connection, query, features)) yield { id, values };
}

/**
 * What the snapshots of the lake told online of users and products, and when: of those alone that
 * are marked as visible.
 * @throws NotEnoughData without one, or where the file of a marked one is gone
 */
export async function batchHistory(
  connection: DuckDBConnection,
  lake: string,
  marks: readonly SnapshotMark[],
  views: { readonly user: FeatureView; readonly product: FeatureView },
): Promise<BatchFeatures> {
  const history = new BatchFeatures();
  for (const kind of ['user', 'product'] as const) {
    const view = views[kind];
    const visible = marks.filter(({ entity }) => entity === kind);
    if (visible.length === 0)
      throw new NotEnoughData(
        `the lake has no snapshot of a ${kind}: foresight features snapshot --from … --to … makes one a day`,
      );
    const { columns, features } = batchColumns(view);
    const id = entityColumn(view);
    const files = visible.map((mark) => markedFile(lake, view, mark));
    // Most rows say what the snapshot before them said.
    const changed = `SELECT ${id}, valid_from, ${columns}
      FROM (
        SELECT *, row(${columns}) AS told,
          lag(told) OVER (PARTITION BY ${id} ORDER BY valid_from, dt) AS before
        FROM read_parquet([${files.map(text).join(', ')}], hive_partitioning = true,
          hive_types = {'dt': VARCHAR})
        JOIN (VALUES ${visible.map(({ date, valid_from }) => `(${text(date)}, ${valid_from}::DOUBLE)`).join(', ')})
          marks(dt, valid_from) USING (dt)
      )
      WHERE told IS DISTINCT FROM before
      ORDER BY valid_from, dt, ${id}`;
    for await (const row of rowsOf(connection, changed, features)) history.add(kind, row);
  }
  return history;
}

function markedFile(lake: string, view: FeatureView, { date }: SnapshotMark): string {
  const path = snapshotPath(lake, view, date);
  if (existsSync(path)) return path;
  throw new NotEnoughData(
    `there is no ${path}, which was visible online: foresight features snapshot --date ${date} makes it anew`,
  );
}

function batchColumns(view: FeatureView) {
  const batch = snapshotColumns(view).filter(({ computed_by }) => computed_by === 'batch');
  return {
    columns: batch.map(({ column }) => column).join(', '),
    features: batch.map(({ feature }) => feature),
  };
}

/** @param query an id, when it became visible, and a column for each of the features */
async function* rowsOf(
  connection: DuckDBConnection,
  query: string,
  features: readonly string[],
): AsyncGenerator<VisibleRow> {
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
  return `read_parquet(${text(path)}, hive_partitioning = false)`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function snapshotPath(lake: string, view: FeatureView, date: string): string {
  return join(lake, 'gold', `${view.entity}_features`, `dt=${date}`, 'part.parquet');
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
