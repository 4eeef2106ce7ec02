import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchFeatures } from '../shared/domain/batch-features.ts';
import { sha256 } from '../shared/domain/model-folder.ts';
import { snapshotMarks } from '../shared/domain/snapshot-mark.ts';
import { dataDirectory } from '../shared/embedded/data-directory.ts';
import { productView } from '../shared/features/product-view.ts';
import { userView } from '../shared/features/user-view.ts';
import type { Manifest } from '../shared/schemas/model.ts';
import type { SnapshotMark } from '../shared/schemas/snapshot-mark.ts';
import { lakeFolder, openLake } from './lake.ts';
import { batchHistory } from './offline-store.ts';
import { openTrinoOnDuckdb } from './trino-on-duckdb.ts';

export interface VisibleSnapshots {
  readonly features: BatchFeatures;
  /**
   * What a manifest says of the snapshots that rows up to a moment could see; null for none.
   * @param newest epoch milliseconds
   */
  recordUntil(newest: number): Promise<NonNullable<Manifest['training']['replay']>['snapshots']>;
}

/**
 * The snapshots of users and products in the lake, each from the moment at which it was visible; null
 * where there are none of one of them: then batch features are missing.
 * @throws NotEnoughData where the file of a marked one is gone
 */
export async function visibleSnapshots(
  see: (mark: SnapshotMark) => void,
): Promise<VisibleSnapshots | null> {
  const marks: SnapshotMark[] = [];
  for await (const mark of snapshotMarks(openLake())) {
    see(mark);
    marks.push(mark);
  }
  if (new Set(marks.map(({ entity }) => entity)).size < 2) return null;
  const scratch = join(dataDirectory().path, 'unfinished');
  mkdirSync(scratch, { recursive: true });
  const { connection, close } = await openTrinoOnDuckdb(scratch);
  try {
    const views = { user: userView, product: productView };
    return {
      features: await batchHistory(connection, lakeFolder(), marks, views),
      recordUntil: (newest) => record(marks.filter(({ valid_from }) => valid_from <= newest)),
    };
  } finally {
    close();
  }
}

async function record(marks: readonly SnapshotMark[]) {
  const dates = marks.map(({ date }) => date).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return null;
  const hash = createHash('sha256');
  const lake = openLake();
  for (const { entity, date, valid_from } of marks.toSorted(byEntityAndDate)) {
    const bytes = await lake.get(`gold/${entity}_features/dt=${date}/part.parquet`);
    hash.update(`${entity} ${date} ${valid_from} ${bytes === null ? '' : sha256(bytes)}\n`);
  }
  return { first, last, files: marks.length, digest: hash.digest('hex') };
}

function byEntityAndDate(a: SnapshotMark, b: SnapshotMark): number {
  return `${a.entity} ${a.date}` < `${b.entity} ${b.date}` ? -1 : 1;
}
