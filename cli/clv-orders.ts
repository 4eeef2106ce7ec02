import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { openClock } from '#adapters/clock';
import { openOnlineStore } from '#adapters/online-store';
import { resourceNamed } from '../local/environment.ts';
import { readLakeOrders } from '../local/lake-orders.ts';
import { openModels } from '../local/models.ts';
import { ORDER_FORMATS, parseOrderSource, readOrders } from '../local/read-orders.ts';
import { type ClvModel, readClvModel } from '../shared/domain/clv-model.ts';
import { CLV_MODEL } from '../shared/domain/clv-training.ts';
import { timestamp } from '../shared/domain/orders/cell-values.ts';
import { DAY_MS } from '../shared/domain/orders/customer-as-of.ts';
import type { ImportCounts, OrderBook } from '../shared/domain/orders/order-book.ts';
import { readFolder, readRouting } from '../shared/domain/publish-model.ts';
import { ModelNotFound, NotEnoughData, Usage } from '../shared/errors.ts';
import { progressLine } from './progress.ts';

const MOST_HORIZON_DAYS = 3660;

export const day = (at: number) => new Date(at).toISOString().slice(0, 10);

/** @throws Usage for what is no date, named by its flag */
export function dayNamed(flag: string, text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? timestamp(text) : null;
  if (at === null) throw new Usage(`${flag} ${text}: write a date as YYYY-MM-DD`);
  return at;
}

/** The named day, or the one after the last order. */
export function asOf(text: string | undefined, book: Pick<OrderBook, 'to'>): number {
  return text === undefined
    ? (Math.floor(book.to / DAY_MS) + 1) * DAY_MS
    : dayNamed('--as-of', text);
}

/** @throws Usage */
export function horizonNamed(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > MOST_HORIZON_DAYS)
    throw new Usage(`--horizon-days ${text}: use 1 to ${MOST_HORIZON_DAYS}`);
  return days;
}

/** @throws Usage */
export function seedNamed(text: string): number {
  const seed = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(seed))
    throw new Usage(`--seed ${text} is no integer`);
  return seed;
}

/** What became of the rows of the files, in a sentence. */
export function importTold(counts: Readonly<ImportCounts>): string {
  const dropped = Object.entries(counts.dropped).map(([reason, count]) => `${reason} ${count}`);
  return `${counts.rows} rows: ${counts.purchases} lines of purchases (${counts.no_product} of no product), ${counts.cancellations_matched} cancellations matched, ${counts.cancellations_unmatched} of purchases not known, ${counts.merged} merged; dropped: ${dropped.join(', ') || 'none'}.`;
}

/** The orders of the lake, under the name of a format. */
export const LAKE = 'canonical';
export const ORDER_SOURCES = `formats: ${ORDER_FORMATS.join(', ')}; or ${LAKE}: those of the lake`;

export interface ClvOrders {
  readonly book: OrderBook;
  /** SHA-256, hex. */
  readonly digests: readonly string[];
}

/**
 * The orders of files or of the lake.
 * @param activity whether sessions and carts are needed
 * @throws Usage, UnreadableInput, NotEnoughData
 */
export async function readClvOrders(
  source: string,
  now: number,
  activity: boolean,
  report: (rows: number) => void,
): Promise<ClvOrders> {
  if (isLake(source)) {
    const { book, digest } = await readLakeOrders(now, activity);
    return { book, digests: [digest] };
  }
  requireFilesWithoutActivity(source, activity);
  return { book: await readOrders(source, now, report), digests: await digestsOf(source) };
}

export function isLake(source: string): boolean {
  return source === LAKE;
}

/** The format of a source, which says where its orders are from. */
export function sourceName(source: string): string {
  return isLake(source) ? LAKE : parseOrderSource(source).format;
}

/** @throws Usage */
export function requireFilesWithoutActivity(source: string, activity: boolean): void {
  if (activity) throw new Usage(`--orders ${source}: sessions and carts are in the lake: ${LAKE}`);
}

/** SHA-256 of each file of a source. */
export async function digestsOf(source: string): Promise<readonly string[]> {
  return await Promise.all(
    parseOrderSource(source).paths.map(async (path) => {
      const hash = createHash('sha256');
      await pipeline(createReadStream(path), hash);
      return hash.digest('hex');
    }),
  );
}

/**
 * The named version, or the one that serves, or the newest candidate.
 * @throws ModelNotFound where there is none
 */
export async function clvVersion(named: string | undefined): Promise<ClvModel> {
  const stores = openModels();
  const version = named ?? (await chosenVersion());
  if (version === null)
    throw new ModelNotFound('no clv model is registered: train one with foresight clv train');
  const { folder } = await readFolder(CLV_MODEL, version, stores);
  return readClvModel(folder);

  async function chosenVersion(): Promise<string | null> {
    const routing = await readRouting(CLV_MODEL, openOnlineStore(resourceNamed('ONLINE_TABLE')));
    if (routing !== null) return routing.champion;
    const entries = await stores.registry.list(CLV_MODEL);
    return entries.find(({ status }) => status === 'candidate')?.version ?? null;
  }
}

/** @throws Usage where the model has seen orders of after that day */
export function requireLater({ version, document }: ClvModel, at: number): void {
  if (at < document.as_of)
    throw new Usage(
      `--as-of ${day(at)}: ${version} learned from orders up to ${day(document.as_of)}: name that day or a later one`,
    );
}

/** Whose orders a model is asked about: as the flags have it. */
export interface AskedFlags {
  readonly orders: string;
  readonly asOf?: string;
  readonly model?: string;
}

/**
 * The model, the orders and the day that values are asked of.
 * @throws Usage, ModelNotFound, UnreadableInput, NotEnoughData
 */
export async function askedOf(
  flags: AskedFlags,
): Promise<{ readonly model: ClvModel; readonly book: OrderBook; readonly at: number }> {
  if (flags.asOf !== undefined) dayNamed('--as-of', flags.asOf);
  const model = await clvVersion(flags.model);
  const progress = progressLine();
  const { book } = await readClvOrders(
    flags.orders,
    openClock().now(),
    model.document.activity === true,
    (rows) => progress.show(`${rows} rows read`),
  );
  progress.end();
  const at = asOf(flags.asOf, book);
  requireLater(model, at);
  return { model, book, at };
}

/** @throws NotEnoughData */
export function requireCustomers(count: number, at: number): void {
  if (count === 0) throw new NotEnoughData(`nobody bought before ${day(at)}`);
}
