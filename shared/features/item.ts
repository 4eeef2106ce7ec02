import type { OnlineItem } from '../ports.ts';
import { MAX_TRAILING_DAYS } from '../schemas/feature-vocabulary.ts';
import { ringFromBytes, ringToBytes } from './applied-ring.ts';
import { utcDay } from './day-tiles.ts';
import type { PreviousSession, SessionCounts } from './event-fields.ts';
import { sessionFold, sessionProductFold, userFold } from './lexicon-folds.ts';
import { laterSequence } from './sequence.ts';
import { keysMissingIn, restoreValues, type StoredValues, storeValues } from './stored-values.ts';
import { emptyUser, MAX_USER_VISITORS, type UserState } from './user.ts';
import {
  emptyVisitor,
  type SessionState,
  VISITOR_MEMORY_MS,
  type VisitorState,
} from './visitor.ts';

export function visitorKey(visitor: string): string {
  return `visitor#${visitor}`;
}

export function userKey(user: string): string {
  return `user#${user}`;
}

export function productItemKey(productId: string): string {
  return `product#${productId}`;
}

type Since = Record<string, number>;

/** Short names, because a write is paid by the KB; each means the state's field in the comment. */
interface StoredSession {
  /** ordinal */
  o: number;
  /** clientId */
  c?: string;
  /** start */
  t: number;
  /** newest − start */
  d: number;
  /** events */
  e: number;
  /** start − previousSession.newest, previousSession.counts */
  p?: number;
  b?: StoredCounts;
  /** counts */
  x?: StoredCounts;
  /** counted */
  u?: 1;
  /** inhuman */
  i?: 1;
  /** values, times relative to start */
  v: StoredValues;
  /** products */
  w?: [string, StoredValues][];
}

/** events, carts, purchases */
type StoredCounts = [number, number, number];

interface StoredVisitor {
  /** layout of the session's values, and of its products' */
  k: string;
  l: string;
  /** user */
  u?: string;
  /** newestReceived, sessions */
  r: number;
  n: number;
  /** orderKey, sequence */
  o: string;
  q?: string;
  /** counters: processed, late, duplicate, outOfOrder */
  c: [number, number, number, number];
  /** minute, minuteEvents */
  m: [number, number];
  /** inhumanSessions */
  i?: number;
  /** session */
  s?: StoredSession;
  /** since */
  a?: Since;
}

interface StoredUser {
  /** layout of the values */
  k: string;
  v: StoredValues;
  /** sequences */
  q?: [string, string][];
  /** lastVisitor, lastOrderKey, newestReceived */
  n: string | null;
  o: string;
  r: number;
  /** since */
  a?: Since;
  /** batch */
  b?: BatchValues;
}

/** @param version of the item read (0 where there was none) plus 1 */
export function visitorItem(state: VisitorState, visitor: string, version: number): OnlineItem {
  const { processed, late, duplicate, outOfOrder } = state.counters;
  const sequence = laterSequence(state.sequence, state.pendingSequence);
  const stored: StoredVisitor = {
    k: sessionFold.layout,
    l: sessionProductFold.layout,
    ...(state.user !== null && { u: state.user }),
    r: state.newestReceived,
    n: state.sessions,
    o: state.orderKey,
    ...(sequence !== null && { q: sequence }),
    c: [processed, late, duplicate, outOfOrder],
    m: [state.minute, state.minuteEvents],
    ...(state.inhumanSessions > 0 && { i: state.inhumanSessions }),
    ...(state.session !== null && { s: storeSession(state.session) }),
    ...storeSince(state.since),
  };
  return {
    key: visitorKey(visitor),
    version,
    state: JSON.stringify(stored),
    applied: ringToBytes(state.ring),
    expiresAt: Math.ceil((state.newestReceived + VISITOR_MEMORY_MS) / 1000),
  };
}

/** @throws SyntaxError where the item's state is not JSON */
export function visitorFromItem(item: OnlineItem): VisitorState {
  const stored = JSON.parse(item.state) as StoredVisitor;
  const state = emptyVisitor();
  state.user = stored.u ?? null;
  state.newestReceived = stored.r;
  state.sessions = stored.n;
  state.orderKey = stored.o;
  state.sequence = stored.q ?? null;
  const [processed, late, duplicate, outOfOrder] = stored.c;
  state.counters = { processed, late, duplicate, outOfOrder };
  [state.minute, state.minuteEvents] = stored.m;
  state.inhumanSessions = stored.i ?? 0;
  if (item.applied !== undefined) state.ring = ringFromBytes(item.applied);
  if (stored.s !== undefined) {
    state.session = restoreSession(stored.s, stored.k, stored.l);
    const added = [
      ...keysMissingIn(sessionFold, stored.k),
      ...keysMissingIn(sessionProductFold, stored.l),
    ];
    state.since = restoreSince(stored.a, added, stored.r);
  }
  return state;
}

function storeSession(session: SessionState): StoredSession {
  const { start } = session;
  const products: [string, StoredValues][] = [];
  for (const [key, values] of session.products)
    products.push([key, storeValues(sessionProductFold, values, start)]);
  return {
    o: session.ordinal,
    ...(session.clientId !== null && { c: session.clientId }),
    t: start,
    d: session.newest - start,
    e: session.events,
    ...(session.counts !== null && { x: storeCounts(session.counts) }),
    ...(session.previousSession !== null && storePrevious(session.previousSession, start)),
    ...(session.counted && { u: 1 as const }),
    ...(session.inhuman && { i: 1 as const }),
    v: storeValues(sessionFold, session.values, start),
    ...(products.length > 0 && { w: products }),
  };
}

function restoreSession(stored: StoredSession, layout: string, products: string): SessionState {
  const start = stored.t;
  return {
    ordinal: stored.o,
    clientId: stored.c ?? null,
    start,
    newest: start + stored.d,
    events: stored.e,
    counts: restoreCounts(stored.x),
    previousSession:
      stored.p === undefined ? null : { newest: start - stored.p, counts: restoreCounts(stored.b) },
    counted: stored.u === 1,
    inhuman: stored.i === 1,
    values: restoreValues(sessionFold, stored.v, layout, start),
    products: new Map(
      (stored.w ?? []).map(([key, values]) => [
        key,
        restoreValues(sessionProductFold, values, products, start),
      ]),
    ),
  };
}

function storePrevious(
  { newest, counts }: PreviousSession,
  start: number,
): Pick<StoredSession, 'p' | 'b'> {
  return { p: start - newest, ...(counts !== null && { b: storeCounts(counts) }) };
}

function storeCounts({ events, carts, purchases }: SessionCounts): StoredCounts {
  return [events, carts, purchases];
}

function restoreCounts(stored: StoredCounts | undefined): SessionCounts | null {
  if (stored === undefined) return null;
  const [events, carts, purchases] = stored;
  return { events, carts, purchases };
}

/** @param version of the item read (0 where there was none) plus 1 */
export function userItem(state: UserState, user: string, version: number): OnlineItem {
  const sequences = new Map(state.sequences);
  for (const [visitor, sequence] of state.pendingSequences) {
    sequences.delete(visitor);
    sequences.set(visitor, sequence);
  }
  const oldestDay = utcDay(state.newestReceived) - MAX_TRAILING_DAYS;
  const stored: StoredUser = {
    k: userFold.layout,
    v: storeValues(userFold, state.values, 0, oldestDay),
    ...(sequences.size > 0 && { q: [...sequences].slice(-MAX_USER_VISITORS) }),
    n: state.lastVisitor,
    o: state.lastOrderKey,
    r: state.newestReceived,
    ...storeSince(state.since),
    ...(state.batch !== null && { b: state.batch }),
  };
  return { key: userKey(user), version, state: JSON.stringify(stored) };
}

/** @throws SyntaxError where the item's state is not JSON */
export function userFromItem(item: OnlineItem): UserState {
  const stored = JSON.parse(item.state) as StoredUser;
  const state = emptyUser();
  state.values = restoreValues(userFold, stored.v, stored.k, 0);
  state.sequences = new Map(stored.q);
  state.lastVisitor = stored.n;
  state.lastOrderKey = stored.o;
  state.newestReceived = stored.r;
  state.since = restoreSince(stored.a, keysMissingIn(userFold, stored.k), stored.r);
  state.batch = stored.b ?? null;
  return state;
}

/** What a batch job wrote about a product: values by feature name. */
export type BatchValues = Readonly<Record<string, number | string | null>>;

/** @throws SyntaxError where the item's state is not JSON */
export function productFromItem(item: OnlineItem): BatchValues {
  return JSON.parse(item.state) as BatchValues;
}

function storeSince(since: Since): { a?: Since } {
  return Object.keys(since).length > 0 ? { a: since } : {};
}

/** An accumulator that the item did not keep has seen nothing up to the newest event in it. */
function restoreSince(since: Since | undefined, added: readonly string[], newest: number): Since {
  return { ...Object.fromEntries(added.map((key) => [key, newest + 1])), ...since };
}
