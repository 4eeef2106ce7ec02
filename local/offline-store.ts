import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
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
 * What a snapshot tells online: the features that the stream does not keep.
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
  const result = await connection.stream(
    `SELECT ${entityColumn(view)}, ${columns} FROM ${parquet(path)}`,
  );
  for await (const rows of result.yieldRows())
    for (const [id, ...values] of rows as FeatureValue[][])
      yield {
        id: id as string,
        values: Object.fromEntries(features.map((name, place) => [name, values[place] ?? null])),
      };
}

function batchColumns(view: FeatureView) {
  const batch = snapshotColumns(view).filter(({ computed_by }) => computed_by === 'batch');
  return {
    columns: batch.map(({ column }) => column).join(', '),
    features: batch.map(({ feature }) => feature),
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
