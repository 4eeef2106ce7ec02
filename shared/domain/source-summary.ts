import type { MappedRow, ShopEvent } from './formats/source-format.ts';
import { type SessionSummary, summariseSessions } from './session-summary.ts';

/** Copies of an event further apart than this many events are not noticed. */
const REMEMBERED_EVENTS = 250_000;

/** What a source held, as it stood in its files. Times are ISO 8601 UTC. */
export interface SourceSummary {
  readonly rows: number;
  /** Rows that are an event, by its type. */
  readonly events: Readonly<Record<string, number>>;
  /** Rows that are none, by the reason. */
  readonly bad: Readonly<Record<string, number>>;
  /** Events with the id of an earlier one: in formats without ids of their own, repeated rows. */
  readonly duplicates: number;
  /** Events earlier than one before them. */
  readonly out_of_order: number;
  /** Events at the very time of the one before them: their order is the file's. */
  readonly same_time: number;
  /** What a format finds odd about an event it could map, by its code. */
  readonly oddities: Readonly<Record<string, number>>;
  readonly from: string | null;
  readonly to: string | null;
  readonly visitors: number;
  /** Events of the visitor with the most: a reseller or a bot, where the share is large. */
  readonly busiest_visitor_events: number;
  readonly orders: number;
  readonly sessions: SessionSummary;
}

/** Counts a source row by row. Memory grows with visitors and orders, not with rows. */
export function summariseSource(): {
  add(row: MappedRow, oddities?: readonly string[]): void;
  summary(): SourceSummary;
} {
  let rows = 0;
  let duplicates = 0;
  let outOfOrder = 0;
  let sameTime = 0;
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  let previous: number | null = null;
  const events = new Map<string, number>();
  const bad = new Map<string, number>();
  const odd = new Map<string, number>();
  const visitors = new Map<string, number>();
  const orders = new Set<string>();
  const sessions = summariseSessions();
  const isRepeated = recentlySeen(REMEMBERED_EVENTS);

  function addEvent(event: ShopEvent, at: number): void {
    const type = String(event['event_type']);
    increment(events, type);
    if (isRepeated(String(event.event_id))) duplicates++;
    if (at < latest) outOfOrder++;
    if (at === previous) sameTime++;
    previous = at;
    earliest = Math.min(earliest, at);
    latest = Math.max(latest, at);
    const visitor = String(event['anonymous_id'] ?? event['user_id']);
    increment(visitors, visitor);
    const order = event['order_id'];
    if (type === 'purchase' && order != null) orders.add(String(order));
    const session = event['session_id'];
    sessions.add(visitor, session == null ? null : String(session), type, at);
  }

  return {
    add(row, oddities = []) {
      rows++;
      for (const code of oddities) increment(odd, code);
      if ('fault' in row) {
        increment(bad, row.fault.reason);
        return;
      }
      for (const code of row.oddities) increment(odd, code);
      addEvent(row.event, row.at);
    },
    summary() {
      return {
        rows,
        events: Object.fromEntries(events),
        bad: Object.fromEntries(bad),
        duplicates,
        out_of_order: outOfOrder,
        same_time: sameTime,
        oddities: Object.fromEntries(odd),
        from: previous === null ? null : new Date(earliest).toISOString(),
        to: previous === null ? null : new Date(latest).toISOString(),
        visitors: visitors.size,
        busiest_visitor_events: largest(visitors.values()),
        orders: orders.size,
        sessions: sessions.summary(),
      };
    },
  };
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Answers whether an id is among the last `capacity` to twice as many, in two generations. */
function recentlySeen(capacity: number): (id: string) => boolean {
  let current = new Set<string>();
  let before = new Set<string>();
  return (id) => {
    if (current.has(id) || before.has(id)) return true;
    if (current.size >= capacity) {
      before = current;
      current = new Set();
    }
    current.add(id);
    return false;
  };
}

function largest(counts: Iterable<number>): number {
  let most = 0;
  for (const count of counts) most = Math.max(most, count);
  return most;
}
