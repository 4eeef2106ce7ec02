import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addToRing,
  emptyRing,
  findInRing,
  RING_ENTRIES,
  ringFromBytes,
  ringToBytes,
} from '../../shared/features/applied-ring.ts';
import { hash53 } from '../../shared/features/hash.ts';
import {
  userFromItem,
  userItem,
  visitorFromItem,
  visitorItem,
} from '../../shared/features/item.ts';
import { compareSequences } from '../../shared/features/sequence.ts';
import { applyToUser, emptyUser } from '../../shared/features/user.ts';
import { featureValues } from '../../shared/features/vector.ts';
import { applyToVisitor, emptyVisitor } from '../../shared/features/visitor.ts';
import type { OnlineItem } from '../../shared/ports.ts';
import { enrichedEvent } from '../enriched-event.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 4, 6, 12);

function bytesOf({ key, state, applied }: OnlineItem): number {
  return Buffer.byteLength(key) + Buffer.byteLength(state) + (applied?.byteLength ?? 0);
}

describe('an item', () => {
  test('gives back the state it was made of, whatever the ids', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            product: fc.oneof(
              fc.constantFrom('__proto__', 'constructor', '7', '07', '-1', '#x'),
              fc.string({ minLength: 1, maxLength: 128, unit: 'binary' }),
            ),
            seconds: fc.integer({ min: -4000, max: 4000 }),
            type: fc.constantFrom('product_view' as const, 'add_to_cart' as const),
          }),
          { maxLength: 20 },
        ),
        (specs) => {
          const state = emptyVisitor();
          for (const { product, seconds, type } of specs) {
            const at = START + seconds * 1000;
            const event = enrichedEvent({ at, event_type: type, product_id: product, price: 1.5 });
            applyToVisitor(state, event, null);
          }
          const item = visitorItem(state, 'v', 1);
          const restored = visitorFromItem(item);
          expect(restored.session).toEqual(state.session);
          expect(visitorItem(restored, 'v', 1)).toEqual(item);
        },
      ),
    );
  });

  test('of the fullest visitor stays below 64 KB', () => {
    const state = emptyVisitor();
    for (let index = 0; index < 1000; index++) {
      const event = enrichedEvent({
        visitor: 'ü'.repeat(128),
        user_id: '\u0001'.repeat(128),
        order_key: `${'\u0001'.repeat(240)}${String(index).padStart(16, '0')}`,
        session_id: '\u0001'.repeat(128),
        at: START + index * 80_000,
        event_type: (['product_view', 'add_to_cart', 'purchase', 'remove_from_cart'] as const)[
          index % 4
        ] as 'product_view',
        product_id: `${'\u0001'.repeat(120)}${index % 300}`,
        product_category: `${'ü'.repeat(250)}${index}`,
        order_id: `o${index}`,
        price: 1e9,
        quantity: 1e6,
      });
      applyToVisitor(state, event, `4${String(index).padStart(55, '0')}`);
    }
    expect(state.session).toMatchObject({ events: 1000 });
    expect(bytesOf(visitorItem(state, 'ü'.repeat(128), 1))).toBeLessThan(64 * 1024);
  });

  test('of the fullest user stays below 64 KB', () => {
    const user = emptyUser();
    for (let day = 0; day < 1000; day++) {
      const visitor = emptyVisitor();
      for (const event_type of ['add_to_cart', 'purchase', 'refund'] as const) {
        const event = enrichedEvent({
          visitor: `${'\u0001'.repeat(120)}${day}`,
          user_id: 'u',
          at: START + day * DAY,
          event_type,
          order_id: `${event_type}${day}`,
          price: 123_456.78,
        });
        const { contribution } = applyToVisitor(visitor, event, '4'.repeat(56));
        if (contribution !== null) applyToUser(user, contribution);
      }
    }
    const item = userItem(user, 'u', 1);
    expect(bytesOf(item)).toBeLessThan(64 * 1024);
    const at = START + 999 * DAY;
    const read = (state: typeof user) =>
      featureValues(
        { visitor: null, user: state, product: null },
        { at, product_id: null, timeZone: 'UTC' },
      );
    expect(read(userFromItem(item))).toEqual(read(user));
    expect(read(user)).toMatchObject({ purchase_count_365d: 366, lifetime_purchase_count: 1000 });
  });

  test('expires when its visitor is forgotten', () => {
    const state = emptyVisitor();
    applyToVisitor(state, enrichedEvent({ at: START }), null);
    expect(visitorItem(state, 'v', 1).expiresAt).toBe((START + 90 * DAY) / 1000);
  });
});

describe('an item written before a feature was defined', () => {
  /** The item as a release would have written it that lacked the accumulator at this position. */
  function without(item: OnlineItem, layout: 'k' | 'l', position: number): OnlineItem {
    const stored = JSON.parse(item.state);
    const keys: string = stored[layout];
    stored[layout] = keys.slice(0, position * 4) + keys.slice(position * 4 + 4);
    const values: unknown[] = stored.v ?? stored.s.v;
    values.splice(position, 1);
    return { ...item, state: JSON.stringify(stored) };
  }
  const query = (at: number) => ({ at, product_id: null, timeZone: 'UTC' });

  test('starts missing for the session under way, and keeps all the others', () => {
    const state = emptyVisitor();
    const session = { session_id: 'a' };
    applyToVisitor(state, enrichedEvent({ ...session, at: START }), null);
    const values = (visitor: typeof state, at: number) =>
      featureValues({ visitor, user: null, product: null }, query(at));
    const before = values(state, START);
    const missing = new Set<string>();
    const positions = JSON.parse(visitorItem(state, 'v', 1).state).k.length / 4;
    for (let position = 0; position < positions; position++) {
      let old = visitorFromItem(without(visitorItem(state, 'v', 1), 'k', position));
      for (const [name, value] of Object.entries(values(old, START))) {
        if (value === null && before[name] !== null) missing.add(name);
        else expect([name, value]).toEqual([name, before[name]]);
      }
      applyToVisitor(old, enrichedEvent({ ...session, at: START + 1000 }), null);
      old = visitorFromItem(visitorItem(old, 'v', 2));
      expect(Object.keys(old.since)).toHaveLength(1);

      applyToVisitor(old, enrichedEvent({ session_id: 'b', at: START + 2000 }), null);
      expect(old.since).toEqual({});
      expect(values(old, START + 2000)).toMatchObject({ event_count: 1, product_views: 1 });
    }
    expect(missing).toContain('product_views');
    expect(missing).toContain('session_duration_seconds');
  });

  test('of a user is missing until its window has begun since', () => {
    const user = emptyUser();
    const buy = (at: number) => {
      const event = enrichedEvent({ at, user_id: 'u', event_type: 'purchase', price: 10 });
      return applyToVisitor(emptyVisitor(), event, null).contribution;
    };
    const told = (state: typeof user, at: number) => {
      const contribution = buy(at);
      if (contribution !== null) applyToUser(state, contribution);
    };
    told(user, START);
    const layout: string = JSON.parse(userItem(user, 'u', 1).state).k;
    const count = Array.from({ length: layout.length / 4 }, (_, position) => {
      const old = userFromItem(without(userItem(user, 'u', 1), 'k', position));
      told(old, START + 20 * DAY);
      const at = (days: number) =>
        featureValues({ visitor: null, user: old, product: null }, query(START + days * DAY));
      return [20, 30, 31, 32].map((days) => at(days)['purchase_count_30d']);
    });
    const whole = [2, 2, 1, 1];
    // The tiles that hold the count, and the recent orders that keep one from counting twice.
    expect(count.filter((seen) => seen.join() !== whole.join())).toEqual([
      [null, null, 1, 1],
      [null, null, 1, 1],
    ]);
  });
});

describe('the ring of applied events', () => {
  const hashes = (id: number) => [hash53(`event-${id}`), hash53(`order-${id}`)] as const;

  test('remembers the last 256 through any number of stores and loads', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 6 }), (bursts) => {
        let ring = emptyRing();
        let added = 0;
        for (const burst of bursts) {
          for (let count = 0; count < burst; count++) addToRing(ring, ...hashes(added++));
          ring = ringFromBytes(ringToBytes(ring));
          expect(ring.entries).toBe(Math.min(added, RING_ENTRIES));
        }
        for (let id = 0; id < added; id++) {
          const kept = id >= added - RING_ENTRIES;
          expect(findInRing(ring, ...hashes(id))).toBe(kept ? 'same event and order' : 'new');
        }
      }),
      { numRuns: 50 },
    );
  });

  test('tells a copy from another delivery of the same event', () => {
    const ring = emptyRing();
    addToRing(ring, hash53('e'), hash53('o1'));
    addToRing(ring, hash53('e'), hash53('o2'));
    expect(findInRing(ring, hash53('e'), hash53('o1'))).toBe('same event and order');
    expect(findInRing(ring, hash53('e'), hash53('o2'))).toBe('same event and order');
    expect(findInRing(ring, hash53('e'), hash53('o3'))).toBe('same event');
    expect(findInRing(ring, hash53('f'), hash53('o1'))).toBe('new');
  });
});

test('sequence numbers compare as the numbers they are', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 56n }), fc.bigInt({ min: 0n }), (left, right) => {
      const compared = Math.sign(compareSequences(String(left), String(right)));
      expect(compared).toBe(left === right ? 0 : left < right ? -1 : 1);
    }),
  );
});
