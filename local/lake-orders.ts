import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import {
  gatherOrders,
  ORDER_FOLDERS,
  partBook,
} from '../shared/domain/clv-publication/gathered-orders.ts';
import { lakeEvents } from '../shared/domain/lake-events.ts';
import type { CustomerActivity, OrderBook } from '../shared/domain/orders/order-book.ts';
import { NotEnoughData } from '../shared/errors.ts';
import { openLake } from './lake.ts';

const RUN = 'in-memory';
const GZIP = [0x1f, 0x8b] as const;

export interface LakeOrders {
  readonly book: OrderBook;
  /** Hex SHA-256 of the order lines. */
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
  const objects: string[] = [];
  for (const folder of ORDER_FOLDERS) for await (const key of lake.list(folder)) objects.push(key);
  const gathered = new Map<string, Uint8Array>();
  const memory = {
    get: async (key: string) => gathered.get(key) ?? (await lake.get(key)),
    put: async (key: string, body: Uint8Array) => void gathered.set(key, body),
    list: async function* () {
      yield* gathered.keys();
    },
    delete: async (key: string) => void gathered.delete(key),
  };
  const counts = await gatherOrders(objects, { run: RUN, chunk: 0, parts: 1 }, memory, textOf);
  if (counts.kept === 0)
    throw new NotEnoughData(
      `the lake has no purchase of a known customer: ${JSON.stringify(counts)}`,
    );
  const hash = createHash('sha256');
  for (const bytes of gathered.values()) hash.update(bytes);
  const book = await partBook(RUN, 0, before, memory);
  return {
    book: activity ? await withActivity(book, before) : book,
    digest: hash.digest('hex'),
  };
}

async function withActivity(book: OrderBook, before: number): Promise<OrderBook> {
  const sessions = new Map<string, Map<string, number>>();
  const carts = new Map<string, number[]>();
  for await (const { event } of lakeEvents(openLake(), before)) {
    const { user_id: customer, session_id: session, event_type: type, is_bot: isBot } = event;
    const at = Date.parse(event.event_timestamp);
    if (customer === null || isBot || at >= before) continue;
    const own = sessions.get(customer) ?? new Map<string, number>();
    sessions.set(customer, own);
    if (session !== null && !own.has(session)) own.set(session, at);
    if (type === 'add_to_cart') carts.set(customer, [...(carts.get(customer) ?? []), at]);
  }
  return {
    ...book,
    customers: book.customers.map((customer) => {
      const activity: CustomerActivity = {
        sessions: [...(sessions.get(customer.id)?.values() ?? [])],
        carts: carts.get(customer.id) ?? [],
      };
      return { ...customer, activity };
    }),
  };
}

function textOf(bytes: Uint8Array): string {
  const isGzip = GZIP.every((byte, place) => bytes[place] === byte);
  return Buffer.from(isGzip ? gunzipSync(bytes) : bytes).toString();
}
