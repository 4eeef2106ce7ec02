import type { ObjectStore } from '../../ports.ts';
import { enrichedEvent } from '../../schemas/event.ts';
import type { CustomerActivity, OrderBook } from '../orders/order-book.ts';
import { LinesByPart } from './lines-by-part.ts';
import { activityKey } from './publication-keys.ts';
import { storedLines } from './stored-lines.ts';

/** An event of a customer's session on its way to the customer's part. */
interface ActivityLine {
  /** The lake is written at least once: of equal `event`, one counts. */
  readonly event: string;
  readonly customer: string;
  readonly session: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly cart: boolean;
}

/**
 * Sends what known customers did on the site, of some objects of the lake, to their parts. Done again
 * it writes the same objects.
 * @param place.chunk number of these objects among those of the run
 * @param read an object's text, decompressed
 * @returns lines that are no events
 */
export async function gatherActivity(
  objects: readonly string[],
  place: { readonly run: string; readonly chunk: number; readonly parts: number },
  lake: ObjectStore,
  read: (bytes: Uint8Array) => string,
): Promise<{ readonly unreadable: number }> {
  let unreadable = 0;
  const parts = new LinesByPart(place.parts);
  for await (const { text } of storedLines(objects, lake, read)) {
    const line = activityOf(text);
    if (line === 'unreadable') unreadable++;
    else if (line !== null) parts.add(line.customer, line);
  }
  await parts.write(lake, (part) => activityKey(place.run, part, place.chunk));
  return { unreadable };
}

/** @returns null for what a guest or a bot did */
function activityOf(text: string): ActivityLine | null | 'unreadable' {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'unreadable';
  }
  const parsed = enrichedEvent.safeParse(json);
  if (!parsed.success) return 'unreadable';
  const { event_id: event, user_id: customer, session_id: session, is_bot: isBot } = parsed.data;
  if (customer === null || isBot) return null;
  const at = Date.parse(parsed.data.event_timestamp);
  return { event, customer, session, at, cart: parsed.data.event_type === 'add_to_cart' };
}

/**
 * The book of a part with its customers' sessions, each at its first event, and carts.
 * @param at epoch milliseconds: events from then on are left out
 */
export async function withActivity<Book extends Pick<OrderBook, 'customers'>>(
  book: Book,
  { run, part, at }: { readonly run: string; readonly part: number; readonly at: number },
  lake: ObjectStore,
): Promise<Book> {
  const seen = new Set<string>();
  const sessions = new Map<string, Map<string, number>>();
  const carts = new Map<string, number[]>();
  for await (const { text } of storedLines(lake.list(activityKey(run, part, null)), lake)) {
    const line = JSON.parse(text) as ActivityLine;
    if (line.at >= at || seen.has(line.event)) continue;
    seen.add(line.event);
    const own = sessions.get(line.customer) ?? new Map<string, number>();
    sessions.set(line.customer, own);
    if (line.session !== null)
      own.set(line.session, Math.min(line.at, own.get(line.session) ?? line.at));
    if (line.cart) {
      const times = carts.get(line.customer) ?? [];
      times.push(line.at);
      carts.set(line.customer, times);
    }
  }
  const sorted = (times: Iterable<number>) => [...times].sort((one, other) => one - other);
  return {
    ...book,
    customers: book.customers.map((customer) => {
      const activity: CustomerActivity = {
        sessions: sorted(sessions.get(customer.id)?.values() ?? []),
        carts: sorted(carts.get(customer.id) ?? []),
      };
      return { ...customer, activity };
    }),
  };
}
