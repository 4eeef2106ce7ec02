import { StaleSnapshot, StoreUnavailable } from '../errors.ts';
import { productItemKey, userFromItem, userItem, userKey } from '../features/item.ts';
import type { OnlineItem, OnlineStore } from '../ports.ts';
import type { FeatureValues } from '../schemas/score.ts';
import type { RetryRules } from './put-all.ts';

/** A row of a snapshot of users or products. */
export interface SnapshotRow {
  readonly id: string;
  /** Batch features by name. */
  readonly values: FeatureValues;
}

export interface LoadSummary {
  readonly rows: number;
  readonly written: number;
  /** Had these values already. */
  readonly unchanged: number;
  /** Users that the stream does not know: late events alone make no item. */
  readonly unknown: number;
  /** Could not be written within the retries: load the snapshot again. */
  readonly failed: number;
}

/** What one batch read takes. */
const MAX_KEYS = 100;

type Kind = 'user' | 'product';

/** Of users or products, by its midnight: YYYY-MM-DD. */
export interface Snapshot {
  readonly entity: Kind;
  readonly date: string;
}

type Outcome = 'written' | 'unchanged' | 'unknown' | 'failed';

/**
 * Writes a snapshot's batch values to the online items, a hundred at a time, each by a conditional
 * put; what was not written is read and tried again. A product's item holds nothing else; a user's
 * keeps what the stream has folded. Loading it again changes nothing.
 * @param snapshot all of it or a part
 * @throws StaleSnapshot where a later one has been loaded; StoreUnavailable when no read succeeds
 */
export async function loadSnapshot(
  { entity, date }: Snapshot,
  rows: AsyncIterable<SnapshotRow>,
  store: OnlineStore,
  retry: RetryRules,
  report: (rows: number) => void = () => undefined,
): Promise<LoadSummary> {
  await refuseStale({ entity, date }, store, retry);
  const total = { rows: 0, written: 0, unchanged: 0, unknown: 0, failed: 0 };
  let batch: SnapshotRow[] = [];
  const load = async () => {
    for (const outcome of await loadBatch(entity, batch, store, retry)) total[outcome]++;
    total.rows += batch.length;
    batch = [];
    report(total.rows);
  };
  for await (const row of rows) {
    batch.push(row);
    if (batch.length === MAX_KEYS) await load();
  }
  if (batch.length > 0) await load();
  return total;
}

async function loadBatch(
  kind: Kind,
  rows: readonly SnapshotRow[],
  store: OnlineStore,
  retry: RetryRules,
): Promise<Outcome[]> {
  const outcomes = rows.map((): Outcome => 'failed');
  let pending = [...rows.keys()];
  let unreadable: StoreUnavailable | null = null;
  for (let attempt = 0; pending.length > 0 && attempt < retry.attempts; attempt++) {
    if (attempt > 0) await pause(retry, attempt);
    const asked = pending.map((index) => rows[index] as SnapshotRow);
    const items = await readItems(kind, asked, store).catch(unavailable);
    if (items instanceof StoreUnavailable) {
      unreadable = items;
      continue;
    }
    unreadable = null;
    const results = await Promise.all(asked.map((row) => loadRow(kind, row, items, store)));
    pending.forEach((index, place) => {
      outcomes[index] = results[place] as Outcome;
    });
    pending = pending.filter((index) => outcomes[index] === 'failed');
  }
  if (unreadable !== null) throw unreadable;
  return outcomes;
}

function readItems(kind: Kind, rows: readonly SnapshotRow[], store: OnlineStore) {
  return store.read(
    rows.map(({ id }) => keyOf(kind, id)),
    { consistent: true },
  );
}

async function loadRow(
  kind: Kind,
  row: SnapshotRow,
  items: ReadonlyMap<string, OnlineItem>,
  store: OnlineStore,
): Promise<Outcome> {
  const item = items.get(keyOf(kind, row.id));
  const next = kind === 'user' ? userWith(row, item) : productWith(row, item);
  if (typeof next === 'string') return next;
  const result = await store.write(next).catch(unavailable);
  return result === 'written' ? 'written' : 'failed';
}

function productWith({ id, values }: SnapshotRow, item: OnlineItem | undefined) {
  const state = JSON.stringify(values);
  if (item?.state === state) return 'unchanged';
  return { key: productItemKey(id), version: (item?.version ?? 0) + 1, state };
}

function userWith({ id, values }: SnapshotRow, item: OnlineItem | undefined) {
  if (item === undefined) return 'unknown';
  const state = userFromItem(item);
  if (JSON.stringify(state.batch) === JSON.stringify(values)) return 'unchanged';
  return userItem({ ...state, batch: values }, id, item.version + 1);
}

function keyOf(kind: Kind, id: string): string {
  return kind === 'user' ? userKey(id) : productItemKey(id);
}

/** The item that says which snapshot of a kind was loaded last. */
function loadedKey(kind: Kind): string {
  return `snapshot#${kind}`;
}

async function loadedItem(kind: Kind, store: OnlineStore) {
  const key = loadedKey(kind);
  const item = (await store.read([key], { consistent: true })).get(key);
  const date = item === undefined ? null : (JSON.parse(item.state) as { date: string }).date;
  return { version: item?.version ?? 0, date };
}

async function refuseStale(
  { entity, date }: Snapshot,
  store: OnlineStore,
  retry: RetryRules,
): Promise<void> {
  const loaded = await retried(retry, () => loadedItem(entity, store));
  if (loaded.date !== null && loaded.date > date)
    throw new StaleSnapshot(
      `the ${entity} snapshot of ${loaded.date} is online: that of ${date} does not replace it`,
    );
}

/**
 * Notes that all of a snapshot is online, so that no earlier one replaces it. A conflict means that
 * another load noted its own: it is read anew, and the later one stays.
 * @throws StoreUnavailable
 */
export async function noteLoaded(
  { entity, date }: Snapshot,
  store: OnlineStore,
  retry: RetryRules,
): Promise<void> {
  await retried(retry, async () => {
    const { version, date: known } = await loadedItem(entity, store);
    if (known !== null && known >= date) return;
    const state = JSON.stringify({ date });
    const result = await store.write({ key: loadedKey(entity), version: version + 1, state });
    if (result === 'conflict')
      throw new StoreUnavailable(
        `${loadedKey(entity)} was written by another load at the same time`,
      );
  });
}

/** @throws StoreUnavailable of the last attempt */
async function retried<Answer>(retry: RetryRules, work: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || attempt >= retry.attempts) throw error;
      await pause(retry, attempt);
    }
  }
}

/** Exponential, with full jitter. */
function pause({ sleep, random, baseDelay }: RetryRules, attempt: number): Promise<void> {
  return sleep(random() * baseDelay * 2 ** (attempt - 1));
}

function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  throw error;
}
