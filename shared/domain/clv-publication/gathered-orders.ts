import * as z from 'zod';
import type { ObjectStore } from '../../ports.ts';
import { type EnrichedEvent, enrichedEvent } from '../../schemas/event.ts';
import { type ImportedOrder, importedOrder } from '../../schemas/order-source.ts';
import { type OrderBook, OrderCollector } from '../orders/order-book.ts';
import type { OrderLine } from '../orders/order-line.ts';
import { LinesByPart } from './lines-by-part.ts';
import { gatheredKey } from './publication-keys.ts';
import { storedLines } from './stored-lines.ts';

/**
 * Where the lake keeps orders: those of the shop's table, lines of imported files, and purchases among
 * the other events of the stream. The first that there is counts alone, for each holds every order.
 */
export const ORDER_FOLDERS = [
  'bronze/orders/',
  'bronze/order_lines/',
  'bronze/enriched_events/',
] as const;
const FILE_LINES = ORDER_FOLDERS[1];
export const EVENTS = ORDER_FOLDERS[2];

/**
 * A line of an order on its way to its customer's part. The lake is written at least once and keeps
 * every change of an order: of equal `key`, the one changed last counts, once.
 */
const gatheredLine = z.strictObject({
  key: z.string(),
  changed: z.string(),
  /** Null: the order is not, or no more, one that was bought. */
  line: z
    .strictObject({
      customer: z.string(),
      order: z.string(),
      at: z.number(),
      product: z.string().nullable(),
      quantity: z.number(),
      value: z.number(),
      cancels: z.boolean(),
      country: z.string().nullable(),
    })
    .nullable(),
});
export type GatheredLine = z.infer<typeof gatheredLine>;

/** What came of the lines of some objects. */
export interface GatherCounts {
  lines: number;
  /** Purchases, refunds and orders of known customers. */
  kept: number;
  /** Purchases and refunds of guests, and those without a price. */
  left_out: number;
  unreadable: number;
}

/**
 * Sends the order lines of some objects of the lake to their customers' parts. Done again it writes
 * the same objects.
 * @param place.chunk number of these objects among those of the run
 * @param read an object's text, decompressed
 */
export async function gatherOrders(
  objects: readonly string[],
  place: { readonly run: string; readonly chunk: number; readonly parts: number },
  lake: ObjectStore,
  read: (bytes: Uint8Array) => string,
): Promise<GatherCounts> {
  const counts = { lines: 0, kept: 0, left_out: 0, unreadable: 0 };
  const parts = new LinesByPart(place.parts);
  for await (const { key, text } of storedLines(objects, lake, read)) {
    counts.lines++;
    const gathered = gatheredOf(key, text);
    if (gathered === 'no-order') continue;
    if (typeof gathered === 'string') {
      counts[gathered]++;
      continue;
    }
    counts.kept++;
    parts.add(gathered.customer, gathered.entry);
  }
  await parts.write(lake, (part) => gatheredKey(place.run, part, place.chunk));
  return counts;
}

type Gathered = { readonly customer: string; readonly entry: GatheredLine };

function gatheredOf(key: string, text: string): Gathered | 'no-order' | 'left_out' | 'unreadable' {
  const isEvent = key.startsWith(EVENTS);
  // Most events are no orders: what names neither type need not be parsed.
  if (isEvent && !text.includes('"purchase"') && !text.includes('"refund"')) return 'no-order';
  if (key.startsWith(FILE_LINES)) {
    const { success, data } = gatheredLine.safeParse(jsonOf(text));
    return !success || data.line === null
      ? 'unreadable'
      : { customer: data.line.customer, entry: data };
  }
  const parsed = z.union([enrichedEvent, importedOrder]).safeParse(jsonOf(text));
  if (!parsed.success) return 'unreadable';
  return 'event_type' in parsed.data ? ofEvent(parsed.data) : ofTable(parsed.data);
}

function ofEvent(event: EnrichedEvent): Gathered | 'no-order' | 'left_out' {
  const { event_type: type, user_id: customer, price, quantity, is_bot } = event;
  if (is_bot || (type !== 'purchase' && type !== 'refund')) return 'no-order';
  if (customer === null || price === null) return 'left_out';
  const line: OrderLine = {
    customer,
    order: event.order_id ?? event.event_id,
    at: Date.parse(event.event_timestamp),
    product: event.product_id ?? 'unknown',
    quantity: quantity ?? 1,
    value: price * (quantity ?? 1),
    cancels: type === 'refund',
    country: event.country,
  };
  const key = `event ${event.event_id}`;
  return { customer, entry: { key, changed: event.received_at, line } };
}

function ofTable(order: ImportedOrder): Gathered {
  const { source, order_id, user_id: customer, amount, state, updated_at: changed } = order;
  const line: OrderLine = {
    customer,
    order: `${source} ${order_id}`,
    at: Date.parse(order.order_date),
    product: 'purchase',
    quantity: 1,
    value: Math.abs(amount),
    cancels: amount < 0,
    country: null,
  };
  const key = `${source} ${order_id}`;
  return { customer, entry: { key, changed, line: state === 'bought' ? line : null } };
}

export interface PartBook extends OrderBook {
  /** Customers with a purchase before the day, counted from the lines and not from the book. */
  readonly base: number;
}

/** The lines of a part, of each order its last change; those that are no orders any more are gone. */
export async function partLines(
  run: string,
  part: number,
  lake: ObjectStore,
): Promise<readonly OrderLine[]> {
  const latest = new Map<string, GatheredLine>();
  for await (const { text } of storedLines(lake.list(gatheredKey(run, part, null)), lake)) {
    const entry = JSON.parse(text) as GatheredLine;
    if (entry.changed >= (latest.get(entry.key)?.changed ?? '')) latest.set(entry.key, entry);
  }
  return [...latest.values()].flatMap(({ line }) => (line === null ? [] : [line]));
}

/**
 * The orders of the customers of a part.
 * @param at epoch milliseconds: lines from then on are left out
 */
export async function partBook(
  run: string,
  part: number,
  at: number,
  lake: ObjectStore,
): Promise<PartBook> {
  const collector = new OrderCollector({ files: 1, now: at - 1 });
  const bought = new Set<string>();
  for (const line of await partLines(run, part, lake)) {
    collector.add(line);
    if (!line.cancels && line.at < at) bought.add(line.customer);
  }
  return { ...collector.finish(), base: bought.size };
}

/** @returns undefined where it is no JSON: no schema takes that */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
