import { describe, expect, test } from 'vitest';
import { featureValues } from '../../shared/features/vector.ts';
import {
  applyToVisitor,
  emptyVisitor,
  INHUMAN_EVENTS_PER_MINUTE,
  LATE_MS,
  MAX_SESSION_PRODUCTS,
  VISITOR_MEMORY_MS,
  type VisitorState,
} from '../../shared/features/visitor.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';

const START = Date.UTC(2026, 4, 6, 12);
const iso = (time: number) => new Date(time).toISOString();

function apply(state: VisitorState, events: readonly EnrichedEvent[]) {
  return events.map((event) => applyToVisitor(state, event, null));
}

function valuesOf(visitor: VisitorState, product_id: string | null = null) {
  return featureValues(
    { visitor, user: null, product: null },
    { at: visitor.session?.newest ?? 0, product_id, timeZone: 'UTC' },
  );
}

describe('what becomes of an event', () => {
  const first = enrichedEvent({ event_id: 'e', order_key: 'k1' });

  test.each([
    ['the same delivery', first, 'redelivered'],
    ['the same event id with an order key of its own', { ...first, order_key: 'k2' }, 'duplicate'],
    ['another event', { ...first, event_id: 'f', order_key: 'k3' }, 'processed'],
    [
      'one exactly 24 hours old',
      enrichedEvent({ received_at: iso(START), at: START - LATE_MS }),
      'processed',
    ],
    [
      'one older than that',
      enrichedEvent({ received_at: iso(START), at: START - LATE_MS - 1 }),
      'late',
    ],
    [
      'a duplicate that is late too',
      { ...first, order_key: 'k4', received_at: iso(START + LATE_MS + 1) },
      'duplicate',
    ],
  ])('%s', (_case, event, disposition) => {
    const state = emptyVisitor();
    apply(state, [first]);
    const before = { ...state.counters };
    expect(applyToVisitor(state, event, null).disposition).toBe(disposition);
    const counted = disposition === 'redelivered' ? {} : { [disposition]: 1 };
    const gained = Object.entries(state.counters)
      .map(([name, count]) => [name, count - before[name as keyof typeof before]] as const)
      .filter(([name, count]) => count !== 0 && name !== 'outOfOrder');
    expect(Object.fromEntries(gained)).toEqual(counted);
  });

  test('a record at or below the highest sequence number stored was applied before', () => {
    const state = { ...emptyVisitor(), sequence: '1000' };
    const dispositions = ['999', '1000', '1001', '1000'].map(
      (sequence) => applyToVisitor(state, enrichedEvent(), sequence).disposition,
    );
    expect(dispositions).toEqual(['redelivered', 'redelivered', 'processed', 'redelivered']);
  });

  test('only the last 256 events are remembered', () => {
    const state = emptyVisitor();
    const events = Array.from({ length: 257 }, () => enrichedEvent());
    apply(state, events);
    const again = (event: EnrichedEvent | undefined) =>
      applyToVisitor(state, { ...(event as EnrichedEvent), order_key: 'z' }, null).disposition;
    expect(again(events[1])).toBe('duplicate');
    expect(again(events[0])).toBe('processed');
  });

  test('an order_key below one already processed is applied and flagged', () => {
    const state = emptyVisitor();
    apply(
      state,
      ['k2', 'k1', 'k3'].map((order_key) => enrichedEvent({ order_key })),
    );
    expect(state.counters).toMatchObject({ processed: 3, outOfOrder: 1 });
    expect(valuesOf(state)).toMatchObject({ event_count: 3 });
  });

  test('late events and bots change no feature and no link', () => {
    const state = emptyVisitor();
    apply(state, [enrichedEvent({ event_type: 'add_to_cart', product_id: 'p' })]);
    const before = structuredClone({ session: state.session, user: state.user });
    const late = { received_at: iso(START + 10), at: START - LATE_MS, user_id: 'u' };
    apply(state, [enrichedEvent(late), enrichedEvent({ is_bot: true, user_id: 'u' })]);
    expect({ session: state.session, user: state.user }).toEqual(before);
    expect(state.counters).toMatchObject({ processed: 2, late: 1 });
  });
});

describe('linking a visitor to a user', () => {
  const told = (state: VisitorState, changes: Parameters<typeof enrichedEvent>[0]) =>
    applyToVisitor(state, enrichedEvent(changes), null).contribution;

  test('holds from the event that carries both, for the session once', () => {
    const state = emptyVisitor();
    const purchase = { event_type: 'purchase' } as const;
    const types = [
      told(state, purchase),
      told(state, { event_type: 'identify', user_id: 'u' }),
      told(state, purchase),
      told(state, {}),
    ].map((contribution) => contribution?.occurrences.map(({ type }) => type) ?? null);
    expect(types).toEqual([null, ['session_start'], ['purchase'], null]);
  });

  test('the next session tells how long this one was, to the same user alone', () => {
    const session = (id: string, at: number, user_id: string | null) => ({
      session_id: id,
      at: START + at,
      user_id,
    });
    const state = emptyVisitor();
    told(state, session('a', 0, 'u'));
    told(state, session('a', 90_000, null));
    const next = told(state, session('b', 100_000, null));
    expect(next?.occurrences.map(({ type, moment }) => [type, moment.sessionSeconds])).toEqual([
      ['session_end', 90],
      ['session_start', null],
    ]);
    const other = told(state, session('c', 200_000, 'w'));
    expect(other?.user).toBe('w');
    expect(other?.occurrences.map(({ type }) => type)).toEqual(['session_start']);
  });

  test('is forgotten with everything else after 90 days without an event', () => {
    const visit = (idle: number) => {
      const state = emptyVisitor();
      apply(state, [enrichedEvent({ user_id: 'u' }), enrichedEvent({ at: START + idle })]);
      return { user: state.user, sessions: state.sessions, processed: state.counters.processed };
    };
    expect(visit(VISITOR_MEMORY_MS)).toEqual({ user: 'u', sessions: 2, processed: 2 });
    expect(visit(VISITOR_MEMORY_MS + 1)).toEqual({ user: null, sessions: 1, processed: 2 });
  });
});

describe('bounds', () => {
  test('products beyond the 256th of a session leave its product features as they are', () => {
    const state = emptyVisitor();
    apply(
      state,
      Array.from({ length: MAX_SESSION_PRODUCTS + 40 }, (_, index) =>
        enrichedEvent({ at: START + index * 1000, product_id: `p${index}` }),
      ),
    );
    const last = `p${MAX_SESSION_PRODUCTS + 39}`;
    expect(valuesOf(state, last)).toMatchObject({
      product_views: MAX_SESSION_PRODUCTS + 40,
      distinct_products_viewed: MAX_SESSION_PRODUCTS,
      product_views_in_session: 0,
      seconds_since_last_view_of_product: null,
    });
    expect(valuesOf(state, 'p255')).toMatchObject({ product_views_in_session: 1 });
  });

  test('an inhuman rate ends the folding of that session and of no other', () => {
    const state = emptyVisitor();
    const burst = (at: number, count: number) =>
      apply(
        state,
        Array.from({ length: count }, (_, index) => enrichedEvent({ at: at + index })),
      );
    burst(START, INHUMAN_EVENTS_PER_MINUTE);
    expect(state.inhumanSessions).toBe(0);
    burst(START + 30_000, 50);
    expect(valuesOf(state)).toMatchObject({ event_count: INHUMAN_EVENTS_PER_MINUTE });
    expect(state).toMatchObject({ inhumanSessions: 1, session: { inhuman: true } });
    expect(state.counters.processed).toBe(INHUMAN_EVENTS_PER_MINUTE + 50);
    burst(START + 3_600_000, 5);
    expect(valuesOf(state)).toMatchObject({ event_count: 5 });
    expect(state.session?.inhuman).toBe(false);
  });
});
