import type { ClvValueTier } from '../../schemas/clv.ts';

/**
 * Where a publication lies in the lake. What names customers lies under `gold/clv/`: in `orders/`,
 * `activity/` and `scores/` of each run, in `published/` and in `lists/`. Erasure searches exactly those.
 */
const ROOT = 'gold/clv';

/** The object whose one put publishes. */
export const POINTER_KEY = `${ROOT}/current.json`;

/** Ids of parts sort as text in the order of their numbers. */
function padded(part: number): string {
  return String(part).padStart(5, '0');
}

function runFolder(run: string): string {
  return `${ROOT}/runs/${run}`;
}

/** The objects of orders that a run reads, in chunks. */
export function chunksKey(run: string): string {
  return `${runFolder(run)}/chunks.json`;
}

/** @param chunk null: the folder of all */
export function gatheredKey(run: string, part: number, chunk: number | null): string {
  const folder = `${runFolder(run)}/orders/${padded(part)}/`;
  return chunk === null ? folder : `${folder}${padded(chunk)}.jsonl`;
}

/** @param chunk null: the folder of all */
export function activityKey(run: string, part: number, chunk: number | null): string {
  const folder = `${runFolder(run)}/activity/${padded(part)}/`;
  return chunk === null ? folder : `${folder}${padded(chunk)}.jsonl`;
}

/** Rows of a part as the forests take them; numbered, for SageMaker need not know whose they are. */
export function featuresKey(run: string, part: number): string {
  return `${runFolder(run)}/features/${padded(part)}.csv`;
}

/** What a forest says of the rows of a part. @param part null: the folder of all */
export function predictionsKey(run: string, forest: string, part: number | null): string {
  const folder = `${runFolder(run)}/predictions/${forest}/`;
  return part === null ? folder : `${folder}${padded(part)}.csv.out`;
}

/** A forest as the container opens it. */
export function artifactKey(version: string, forest: string): string {
  return `${ROOT}/forests/${version}/${forest}/model.tar.gz`;
}

export function scoresKey(run: string, part: number): string {
  return `${runFolder(run)}/scores/${padded(part)}.jsonl`;
}

/** @param part null: the folder of all */
export function partTotalsKey(run: string, part: number | null): string {
  const folder = `${runFolder(run)}/totals/`;
  return part === null ? folder : `${folder}${padded(part)}.json`;
}

/** Digests of the files that a part was published in. */
export function partFilesKey(run: string, part: number): string {
  return `${runFolder(run)}/files/${padded(part)}.json`;
}

/** Read by the Glue table `clv`, whose partitions are day and tier. */
export function publishedKey(asOf: string, tier: ClvValueTier, part: number): string {
  return `${ROOT}/published/as_of=${asOf}/tier=${tier}/${padded(part)}.parquet`;
}

/** The same rows for people and mailing tools. */
export function listKey(asOf: string, tier: ClvValueTier, part: number): string {
  return `${ROOT}/lists/as_of=${asOf}/tier=${tier}/${padded(part)}.csv`;
}

/** What is published of each day lies here. */
export const MANIFESTS = `${ROOT}/publications/`;

export function manifestKey(asOf: string): string {
  return `${MANIFESTS}${asOf}.json`;
}

export function driftKey(asOf: string): string {
  return `${ROOT}/drift/${asOf}.json`;
}

/** How the predictions of a day turned out. */
export function outcomesKey(asOf: string): string {
  return `${ROOT}/outcomes/${asOf}.json`;
}
