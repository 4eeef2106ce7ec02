import type { EnrichedEvent } from '../schemas/event.ts';
import type { OccurrenceType } from '../schemas/feature-vocabulary.ts';
import { type AppliedRing, addToRing, emptyRing, findInRing } from './applied-ring.ts';
import type { Moment, PreviousSession, SessionCounts } from './event-fields.ts';
import { applyEvent, emptyValues, type Slot } from './fold-plan.ts';
import { hash53 } from './hash.ts';
import { sessionFold, sessionProductFold, userFold } from './lexicon-folds.ts';
import { compareSequences, laterSequence } from './sequence.ts';
import { beginsSession } from './session-rule.ts';

/** An event older than this when received goes to the lake only. */
export const LATE_MS = 24 * 60 * 60 * 1000;
/**
 * A visitor is forgotten after this long without an event, whether or not a sweep has deleted the
 * item: as long as the longest window that a finished session can still enter.
 */
export const VISITOR_MEMORY_MS = 90 * 24 * 60 * 60 * 1000;
/** Products of a session beyond these are not kept one by one. */
export const MAX_SESSION_PRODUCTS = 256;
/** More events of one visitor in one UTC minute of event time are no person's. */
export const INHUMAN_EVENTS_PER_MINUTE = 300;
/** Longer product ids are kept as a hash, so that 256 of them fit an item. */
const MAX_PLAIN_PRODUCT_KEY = 24;

export interface SessionState {
  /** Rises from session to session of a visitor and never repeats; see `sessionId`. */
  ordinal: number;
  clientId: string | null;
  /** Running minimum and maximum of event time, epoch milliseconds. */
  start: number;
  newest: number;
  events: number;
  /** Null where it began before these were counted. */
  counts: SessionCounts | null;
  previousSession: PreviousSession | null;
  /** The linked user has been told of this session. */
  counted: boolean;
  /** The inhuman rate was reached: nothing more of this session is folded. */
  inhuman: boolean;
  values: Slot[];
  products: Map<string, Slot[]>;
}

export interface VisitorState {
  /** Linked user from the last event that carried one. */
  user: string | null;
  session: SessionState | null;
  /** Sessions so far, the current one included. */
  sessions: number;
  /** Sessions that reached the inhuman rate. */
  inhumanSessions: number;
  /** Newest `received_at` applied, epoch milliseconds; 0 before the first event. */
  newestReceived: number;
  /** Highest order_key processed. */
  orderKey: string;
  /** Highest sequence number the stored item contains, and with the events applied since. */
  sequence: string | null;
  pendingSequence: string | null;
  ring: AppliedRing;
  counters: { processed: number; late: number; duplicate: number; outOfOrder: number };
  /** UTC minute (since 1970) of the last event folded, and how many events it has. */
  minute: number;
  minuteEvents: number;
  /** Accumulator keys added to the definitions after the item began, with when. */
  since: Record<string, number>;
}

/** What a user's aggregates learn from one event of one visitor. */
export interface UserContribution {
  readonly user: string;
  readonly visitor: string;
  readonly sequence: string | null;
  readonly orderKey: string;
  /** Epoch milliseconds. */
  readonly received: number;
  readonly occurrences: readonly {
    readonly type: OccurrenceType;
    readonly event: EnrichedEvent;
    readonly moment: Moment;
  }[];
}

type Disposition = 'processed' | 'late' | 'duplicate' | 'redelivered';

export interface Applied {
  readonly disposition: Disposition;
  readonly contribution: UserContribution | null;
}

const REDELIVERED: Applied = { disposition: 'redelivered', contribution: null };
const DUPLICATE: Applied = { disposition: 'duplicate', contribution: null };
const LATE: Applied = { disposition: 'late', contribution: null };
const PROCESSED: Applied = { disposition: 'processed', contribution: null };

export function emptyVisitor(): VisitorState {
  return {
    user: null,
    session: null,
    sessions: 0,
    inhumanSessions: 0,
    newestReceived: 0,
    orderKey: '',
    sequence: null,
    pendingSequence: null,
    ring: emptyRing(),
    counters: { processed: 0, late: 0, duplicate: 0, outOfOrder: 0 },
    minute: 0,
    minuteEvents: 0,
    since: {},
  };
}

/** `visitor:ordinal`, or null without a session. */
export function sessionId(visitor: string, state: VisitorState): string | null {
  return state.session === null ? null : `${visitor}:${state.session.ordinal}`;
}

/**
 * Whether a visitor counts as never seen, though its item may not have been swept yet.
 * @param at epoch milliseconds
 */
export function isForgotten(state: VisitorState, at: number): boolean {
  return state.newestReceived > 0 && at - state.newestReceived > VISITOR_MEMORY_MS;
}

/** Where a session keeps a product. */
export function productKey(productId: string): string {
  return productId.length <= MAX_PLAIN_PRODUCT_KEY && /^[\w.-]+$/.test(productId)
    ? productId
    : `#${hash53(productId).toString(36)}`;
}

/**
 * Folds the next event of a visitor into its state, in place. Events of a batch come sorted by
 * order_key.
 *
 * @param sequence the record's sequence number in the stream; null outside a stream, where nothing
 *   is redelivered
 */
export function applyToVisitor(
  state: VisitorState,
  event: EnrichedEvent,
  sequence: string | null,
): Applied {
  if (sequence !== null) {
    if (state.sequence !== null && compareSequences(sequence, state.sequence) <= 0)
      return REDELIVERED;
    state.pendingSequence = laterSequence(state.pendingSequence, sequence);
  }
  const eventHash = hash53(event.event_id);
  const orderHash = hash53(event.order_key);
  const match = findInRing(state.ring, eventHash, orderHash);
  if (match === 'same event and order') return REDELIVERED;

  const received = Date.parse(event.received_at);
  if (isForgotten(state, received)) forget(state);
  if (received > state.newestReceived) state.newestReceived = received;
  addToRing(state.ring, eventHash, orderHash);
  if (match === 'same event') {
    state.counters.duplicate++;
    return DUPLICATE;
  }
  const time = Date.parse(event.event_timestamp);
  if (received - time > LATE_MS) {
    state.counters.late++;
    return LATE;
  }
  state.counters.processed++;
  if (event.order_key < state.orderKey) state.counters.outOfOrder++;
  else state.orderKey = event.order_key;
  if (event.is_bot) return PROCESSED;

  const contribution = fold(state, event, sequence, time, received);
  return contribution === null ? PROCESSED : { disposition: 'processed', contribution };
}

function forget(state: VisitorState): void {
  state.user = null;
  state.session = null;
  state.sessions = 0;
  state.since = {};
}

function fold(
  state: VisitorState,
  event: EnrichedEvent,
  sequence: string | null,
  time: number,
  received: number,
): UserContribution | null {
  if (event.user_id !== null && event.user_id !== state.user) {
    state.user = event.user_id;
    if (state.session !== null) state.session.counted = false;
  }
  const previous = state.session;
  let ended: SessionState | null = null;
  let session = previous;
  if (session === null || beginsSession(session, event.session_id, time)) {
    session = beginSession(state, event.session_id, time, received);
    if (previous?.counted) ended = previous;
  }
  session.clientId ??= event.session_id;
  session.events++;
  countEvent(session.counts, event);
  if (time < session.start) session.start = time;
  if (time > session.newest) session.newest = time;
  if (isInhuman(state, session, time)) return null;

  const moment: Moment = {
    time,
    index: session.events,
    sessionNumber: state.sessions,
    previousSession: session.previousSession,
    sessionSeconds: null,
  };
  applyEvent(sessionFold, session.values, event.event_type, event, moment);
  applyToProduct(session, event, moment);
  return contribute(state, session, ended, event, sequence, moment, received);
}

function beginSession(
  state: VisitorState,
  clientId: string | null,
  time: number,
  received: number,
): SessionState {
  const previous = state.session;
  state.sessions++;
  state.since = {};
  state.session = {
    // Seconds of its own time: no repeat even after the visitor's item has been swept.
    ordinal: Math.max((previous?.ordinal ?? 0) + 1, Math.floor(received / 1000)),
    clientId,
    start: time,
    newest: time,
    events: 0,
    counts: { events: 0, carts: 0, purchases: 0 },
    previousSession: previous && { newest: previous.newest, counts: previous.counts },
    counted: false,
    inhuman: false,
    values: emptyValues(sessionFold),
    products: new Map(),
  };
  return state.session;
}

function countEvent(counts: SessionCounts | null, { event_type }: EnrichedEvent): void {
  if (counts === null) return;
  counts.events++;
  if (event_type === 'add_to_cart') counts.carts++;
  if (event_type === 'purchase') counts.purchases++;
}

function isInhuman(state: VisitorState, session: SessionState, time: number): boolean {
  const minute = Math.floor(time / 60_000);
  state.minuteEvents = minute === state.minute ? state.minuteEvents + 1 : 1;
  state.minute = minute;
  if (!session.inhuman && state.minuteEvents > INHUMAN_EVENTS_PER_MINUTE) {
    session.inhuman = true;
    session.counted = false;
    state.inhumanSessions++;
  }
  return session.inhuman;
}

function applyToProduct(session: SessionState, event: EnrichedEvent, moment: Moment): void {
  if (event.product_id === null || sessionProductFold.steps[event.event_type].length === 0) return;
  const key = productKey(event.product_id);
  let values = session.products.get(key);
  if (values === undefined) {
    if (session.products.size >= MAX_SESSION_PRODUCTS) return;
    values = emptyValues(sessionProductFold);
    session.products.set(key, values);
  }
  applyEvent(sessionProductFold, values, event.event_type, event, moment);
}

/**
 * A session counts for a user from its first event with that user linked; its duration is told when
 * the next one begins, if the user is still the same.
 */
function contribute(
  state: VisitorState,
  session: SessionState,
  ended: SessionState | null,
  event: EnrichedEvent,
  sequence: string | null,
  moment: Moment,
  received: number,
): UserContribution | null {
  if (state.user === null) return null;
  const occurrences: UserContribution['occurrences'][number][] = [];
  if (ended !== null) {
    const sessionSeconds = (ended.newest - ended.start) / 1000;
    occurrences.push({
      type: 'session_end',
      event,
      moment: { ...moment, time: ended.newest, sessionSeconds },
    });
  }
  if (!session.counted) {
    session.counted = true;
    occurrences.push({ type: 'session_start', event, moment });
  }
  if (userFold.steps[event.event_type].length > 0)
    occurrences.push({ type: event.event_type, event, moment });
  if (occurrences.length === 0) return null;
  return {
    user: state.user,
    visitor: event.visitor,
    sequence,
    orderKey: event.order_key,
    received,
    occurrences,
  };
}
