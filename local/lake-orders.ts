import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { gatherChunk } from '../shared/domain/clv-publication/gather-chunk.ts';
import { withActivity } from '../shared/domain/clv-publication/gathered-activity.ts';
import { partBook } from '../shared/domain/clv-publication/gathered-orders.ts';
import { planChunks } from '../shared/domain/clv-publication/gathering-chunks.ts';
import type { OrderBook } from '../shared/domain/orders/order-book.ts';
import { NotEnoughData } from '../shared/errors.ts';
import { openLake } from './lake.ts';

const RUN = 'in-memory';
const GZIP = [0x1f, 0x8b] as const;

export interface LakeOrders {
  readonly book: OrderBook;
  /** Hex SHA-256 of the customers with all that is in the book. */
  readonly digest: string;
}

/**
 * The orders of the lake as the weekly scoring gathers them: of the shop's table, of imported files,
 * and of the stream.
 * @param before epoch milliseconds: lines from then on are left out
 * @param activity whether customers carry their sessions and carts of the clickstream
 * @throws NotEnoughData where the lake has no purchase of a known customer
 */
export async function readLakeOrders(before: number, activity: boolean): Promise<LakeOrders> {
  const lake = openLake();
  const gathered = new Map<string, Uint8Array>();
  const memory = {
    get: async (key: string) => gathered.get(key) ?? (await lake.get(key)),
    put: async (key: string, body: Uint8Array) => void gathered.set(key, body),
    list: async function* (prefix: string) {
      yield* lake.list(prefix);
      for (const key of gathered.keys()) if (key.startsWith(prefix)) yield key;
    },
    delete: async (key: string) => void gathered.delete(key),
  };
  const chunks = await planChunks(RUN, memory, activity ? '' : null);
  for (let chunk = 0; chunk < chunks; chunk++)
    await gatherChunk({ run: RUN, chunk, parts: 1 }, memory, textOf);
  const orders = await partBook(RUN, 0, before, memory);
  if (orders.customers.length === 0)
    throw new NotEnoughData(
      `the lake has no purchase of a known customer: ${JSON.stringify(orders.counts)}`,
    );
  const book = activity
    ? await withActivity(orders, { run: RUN, part: 0, at: before }, memory)
    : orders;
  const hash = createHash('sha256');
  for (const customer of book.customers) hash.update(`${JSON.stringify(customer)}\n`);
  return { book, digest: hash.digest('hex') };
}

function textOf(bytes: Uint8Array): string {
  const isGzip = GZIP.every((byte, place) => bytes[place] === byte);
  return Buffer.from(isGzip ? gunzipSync(bytes) : bytes).toString();
}
