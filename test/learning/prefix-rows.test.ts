import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { modelInputs, PrefixReplay, type PrefixRows } from '../../shared/domain/prefix-rows.ts';
import { NotEnoughData } from '../../shared/errors.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { applyToUser, emptyUser, type UserState } from '../../shared/features/user.ts';
import { featureValues } from '../../shared/features/vector.ts';
import { applyToVisitor, emptyVisitor, type VisitorState } from '../../shared/features/visitor.ts';
import type { EnrichedEvent, EventType } from '../../shared/schemas/event.ts';
import { eventAt, inOrder, shopTraffic } from './events.ts';

const inputs = modelInputs(catalogue());

function replayed(...parts: readonly (readonly EnrichedEvent[])[]): PrefixRows {
  const replay = new PrefixReplay(inputs, 'UTC');
  for (const [part, events] of parts.entries()) {
    if (part > 0) replay.startPart();
    for (const [index, event] of events.entries()) replay.add(event, index + 1);
  }
  return replay.finish();
}

/** Keeps the sessions under test from being the open ones at the end of the data. */
const afterwards = eventAt(500, 'page_view', { visitor: 'last' });
const allFeatures = inputs.map((_, index) => index);

test('model inputs are those that the stream keeps and the moment of the read does not change', () => {
  const names = inputs.map(({ name }) => name);
  expect(names).toContain('add_to_cart_count');
  expect(names).toContain('lifetime_purchase_count');
  expect(names).not.toContain('seconds_since_last_event');
  expect(names).not.toContain('preferred_product_category');
});

describe('a session', () => {
  test.each<[string, readonly EventType[], number, number]>([
    ['without a purchase gives every event', ['product_view', 'add_to_cart'], 2, 0],
    [
      'that buys gives the events before its first purchase',
      ['product_view', 'add_to_cart', 'purchase', 'product_view', 'purchase'],
      2,
      1,
    ],
    ['that begins with the purchase gives nothing', ['purchase', 'product_view'], 0, 1],
  ])('%s', (_, types, count, label) => {
    const rows = replayed([...types.map((type, minute) => eventAt(minute, type)), afterwards]);
    const own = Array.from(rows.label.subarray(0, rows.length - 1));
    expect(own).toEqual(Array(count).fill(label));
    expect(Array.from(rows.prefix.subarray(0, count))).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    );
    for (let row = 0; row < count; row++) expect(rows.weight[row]).toBe(1 / count);
  });

  test('ends after 30 minutes of silence; the purchase labels its own session only', () => {
    const rows = replayed([
      eventAt(0, 'product_view'),
      eventAt(31, 'product_view'),
      eventAt(61, 'purchase'),
      afterwards,
    ]);
    expect(Array.from(rows.label)).toEqual([0, 1, 0]);
    expect(Array.from(rows.prefix)).toEqual([1, 1, 1]);
  });

  test('still open at the end of the data is censored, exactly 30 minutes included', () => {
    const rows = replayed([
      eventAt(0, 'product_view', { visitor: 'a' }),
      eventAt(1, 'product_view', { visitor: 'b' }),
      eventAt(2, 'product_view', { visitor: 'c' }),
      eventAt(469, 'product_view', { visitor: 'd' }),
      eventAt(470, 'product_view', { visitor: 'e' }),
      afterwards,
    ]);
    expect(Array.from(rows.censored)).toEqual([0, 0, 0, 0, 1, 1]);
  });

  test('of an excerpt too short for that is settled by the gaps inside sessions', () => {
    const brief = Array.from({ length: 20 }, (_, visitor) =>
      [0, 1, 2].map((minute) =>
        eventAt(visitor / 2 + minute, 'product_view', { visitor: `v${visitor}` }),
      ),
    ).flat();
    const rows = replayed(inOrder(brief));
    expect(rows.settleMs).toEqual([60_000]);
    const open = new Set(Array.from(rows.session).filter((_, row) => rows.censored[row] === 1));
    expect(open.size).toBe(3);
  });

  test('of a declared bot gives nothing', () => {
    const rows = replayed([eventAt(0, 'product_view', { is_bot: true }), afterwards]);
    expect(rows.length).toBe(1);
  });

  test('across a part is counted in each, while its state carries over', () => {
    const rows = replayed(
      [eventAt(0, 'add_to_cart'), eventAt(1, 'product_view')],
      [eventAt(2, 'product_view'), eventAt(3, 'purchase')],
    );
    const carts = inputs.findIndex(({ name }) => name === 'add_to_cart_count');
    expect(Array.from(rows.part)).toEqual([0, 0, 1]);
    expect(Array.from(rows.prefix)).toEqual([1, 2, 1]);
    expect(Array.from(rows.label)).toEqual([0, 0, 1]);
    expect(Array.from(rows.censored)).toEqual([1, 1, 1]);
    expect(rows.value(2, carts)).toBe(1);
    expect(rows.sourceRow[2]).toBe(1);
  });
});

test('no event before a purchase is not enough data', () => {
  expect(() => replayed([eventAt(0, 'purchase')])).toThrow(NotEnoughData);
});

test('a row holds what the scorer would have read right after its event', () => {
  const events = shopTraffic(3, 60, 4);
  const rows = replayed(events);
  const visitors = new Map<string, VisitorState>();
  const users = new Map<string, UserState>();
  let row = 0;
  for (const [index, event] of events.entries()) {
    const visitor = visitors.get(event.visitor) ?? emptyVisitor();
    visitors.set(event.visitor, visitor);
    const { contribution } = applyToVisitor(visitor, event, null);
    if (contribution !== null) {
      const user = users.get(contribution.user) ?? emptyUser();
      users.set(contribution.user, user);
      applyToUser(user, contribution);
    }
    if (rows.sourceRow[row] !== index + 1) continue;
    const values = featureValues(
      { visitor, user: users.get(visitor.user ?? '') ?? null, product: null },
      { at: Date.parse(event.event_timestamp), product_id: event.product_id, timeZone: 'UTC' },
    );
    expect(rows.vector(row, allFeatures)).toEqual(inputs.map(({ name }) => values[name]));
    row++;
  }
  expect(row).toBe(rows.length);
});

describe('no leak', () => {
  const type = fc.constantFrom<EventType>(
    'product_view',
    'add_to_cart',
    'remove_from_cart',
    'search',
    'purchase',
    'refund',
  );
  const step = fc.record({
    gap: fc.integer({ min: 0, max: 40 }),
    type,
    visitor: fc.constantFrom('v1', 'v2'),
    product: fc.constantFrom('p1', 'p2', 'p3'),
  });
  const history = fc.array(step, { maxLength: 12 });

  function eventsOf(
    steps: readonly { gap: number; type: EventType; visitor: string; product: string }[],
  ) {
    let at = 0;
    return steps.map((one, index) => {
      at += one.gap;
      const { visitor, product: product_id } = one;
      const order_key = String(index).padStart(6, '0');
      return eventAt(at, one.type, {
        visitor,
        user_id: 'u',
        product_id,
        order_key,
        event_id: order_key,
      });
    });
  }

  test('whatever comes after a row changes neither its features nor its place', () => {
    fc.assert(
      fc.property(history, history, history, (before, after, otherwise) => {
        const first = { gap: 0, type: 'product_view' as const, visitor: 'v1', product: 'p1' };
        const known = [first, ...before];
        const one = replayed(eventsOf([...known, ...after]));
        const other = replayed(eventsOf([...known, ...otherwise]));
        for (let row = 0; (one.sourceRow[row] ?? Infinity) <= known.length; row++) {
          expect(other.sourceRow[row]).toBe(one.sourceRow[row]);
          expect(other.prefix[row]).toBe(one.prefix[row]);
          expect(other.vector(row, allFeatures)).toEqual(one.vector(row, allFeatures));
        }
      }),
    );
  });

  test('a label is a purchase later in the same session, and nothing else', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const first = { gap: 0, type: 'product_view' as const, visitor: 'v1', product: 'p1' };
        const events = eventsOf([first, ...steps]);
        const rows = replayed(events);
        const minutes = (event: EnrichedEvent) => Date.parse(event.event_timestamp) / 60_000;
        for (let row = 0; row < rows.length; row++) {
          const index = (rows.sourceRow[row] as number) - 1;
          let newest = events[index] as EnrichedEvent;
          let bought = 0;
          for (const event of events.slice(index + 1)) {
            if (event.visitor !== newest.visitor) continue;
            if (minutes(event) - minutes(newest) > 30) break;
            newest = event;
            if (event.event_type === 'purchase') bought = 1;
          }
          expect(rows.label[row]).toBe(bought);
        }
      }),
    );
  });
});
