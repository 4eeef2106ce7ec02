import { describe, expect, test } from 'vitest';
import { InvalidFeatureDefinition } from '../../shared/errors.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { applyToUser, emptyUser, type UserState } from '../../shared/features/user.ts';
import { compileVector, featureValues } from '../../shared/features/vector.ts';
import { applyToVisitor, emptyVisitor, type VisitorState } from '../../shared/features/visitor.ts';
import { enrichedEvent } from '../enriched-event.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 4, 6, 12);

type Changes = Parameters<typeof enrichedEvent>[0];

function replay(events: readonly Changes[]): { visitor: VisitorState; user: UserState | null } {
  const visitor = emptyVisitor();
  let user: UserState | null = null;
  for (const changes of events) {
    const { contribution } = applyToVisitor(visitor, enrichedEvent(changes), null);
    if (contribution === null) continue;
    user ??= emptyUser();
    applyToUser(user, contribution);
  }
  return { visitor, user };
}

const read = (
  entities: { visitor?: VisitorState | null; user?: UserState | null },
  at: number,
  product_id: string | null = null,
  timeZone = 'UTC',
) =>
  featureValues(
    { visitor: null, user: null, product: null, ...entities },
    { at, product_id, timeZone },
  );

describe('session features', () => {
  const { visitor } = replay([
    { event_type: 'page_view' },
    { at: START + 10 * SECOND, product_id: 'p', product_category: 'shoes', price: 10.1 },
    { at: START + 20 * SECOND, product_id: 'q', product_category: 'hats', price: 20.2 },
    { at: START + 40 * SECOND, product_id: 'p', product_category: 'shoes' },
    {
      at: START + 50 * SECOND,
      event_type: 'add_to_cart',
      product_id: 'p',
      price: 10.1,
      quantity: 3,
    },
    { at: START + 60 * SECOND, event_type: 'add_to_cart', product_id: 'q', price: 20.2 },
    { at: START + 70 * SECOND, event_type: 'remove_from_cart', product_id: 'p', price: 10.1 },
    { at: START + 80 * SECOND, event_type: 'search', query: 'red' },
    { at: START + 100 * SECOND, event_type: 'checkout_start', device_type: 'mobile' },
  ]);

  test('of a session seen by hand', () => {
    expect(read({ visitor }, START + 110 * SECOND, 'p')).toMatchObject({
      session_duration_seconds: 100,
      event_count: 9,
      page_views: 1,
      product_views: 3,
      distinct_products_viewed: 2,
      distinct_categories_viewed: 2,
      searches: 1,
      add_to_cart_count: 2,
      remove_from_cart_count: 1,
      cart_value: 40.4,
      cart_product_count: 1,
      checkout_started: 1,
      purchases_in_session: 0,
      last_gap_seconds: 20,
      seconds_since_last_event: 10,
      seconds_since_last_add_to_cart: 40,
      events_since_last_add_to_cart: 3,
      mean_seconds_between_events: 12.5,
      max_views_of_one_product: 2,
      mean_price_viewed: 15.15,
      session_number: 1,
      days_since_previous_session: null,
      hour_of_day: 12,
      is_weekend: 0,
      device_type: 'mobile',
      channel_type: 'direct',
      product_views_in_session: 2,
      seconds_since_last_view_of_product: 60,
      product_in_cart: 0,
    });
    expect(read({ visitor }, START + 110 * SECOND, 'q')).toMatchObject({ product_in_cart: 1 });
  });

  test('lines of one order are one purchase, and a bought product leaves the cart', () => {
    const line = { event_type: 'purchase', order_id: 'o', price: 5 } as const;
    const bought = replay([
      { event_type: 'add_to_cart', product_id: 'p', price: 5 },
      { ...line, product_id: 'p' },
      { ...line, product_id: 'q' },
    ]);
    expect(read(bought, START, 'p')).toMatchObject({
      purchases_in_session: 1,
      cart_value: 0,
      cart_product_count: 0,
      product_in_cart: 0,
    });
  });

  test.each([
    ['exactly 30 minutes after the last event', 100 * SECOND + HOUR / 2, 9],
    ['a millisecond later it is over', 100 * SECOND + HOUR / 2 + 1, 0],
  ])('expire at the read: %s', (_case, offset, event_count) => {
    expect(read({ visitor }, START + offset)).toMatchObject({ event_count });
  });

  test('of no session are 0 where they count and missing where they measure', () => {
    const values = read({}, START, 'p');
    for (const { name, view, null_rule } of catalogue()) {
      if (view === 'session' || view === 'session_product')
        expect([name, values[name]]).toEqual([name, null_rule === 'zero' ? 0 : null]);
    }
  });

  test('of a product are missing where none is asked about', () => {
    const values = read({ visitor }, START + 110 * SECOND);
    const names = catalogue().filter(({ view }) => view === 'session_product');
    expect(names.map(({ name }) => values[name])).toEqual(names.map(() => null));
  });

  test.each([
    ['UTC', '2026-03-29T00:59:59.000Z', 0, 1],
    ['Europe/London', '2026-03-29T00:59:59.000Z', 0, 1],
    ['Europe/London', '2026-03-29T01:00:00.000Z', 2, 1],
    ['Europe/London', '2026-10-25T00:59:59.000Z', 1, 1],
    ['Europe/London', '2026-10-25T01:00:00.000Z', 1, 1],
    ['Asia/Kathmandu', '2026-05-08T18:14:59.000Z', 23, 0],
    ['Asia/Kathmandu', '2026-05-08T18:15:00.000Z', 0, 1],
    ['America/Los_Angeles', '2026-05-11T06:59:59.000Z', 23, 1],
    ['America/Los_Angeles', '2026-05-11T07:00:00.000Z', 0, 0],
  ])('the clock of %s at %s', (zone, time, hour_of_day, is_weekend) => {
    const at = Date.parse(time);
    const values = read(replay([{ at }]), at, null, zone);
    expect(values).toMatchObject({ hour_of_day, is_weekend });
  });
});

describe('user features', () => {
  const user_id = 'u';
  const buys = (day: number, order_id: string, price: number, quantity = 1): Changes => ({
    at: START + day * DAY,
    event_type: 'purchase',
    user_id,
    order_id,
    price,
    quantity,
  });

  test('of a customer seen by hand', () => {
    const history = replay([
      { ...buys(0, 'o1', 10, 2) },
      { ...buys(0, 'o1', 5) },
      { ...buys(40, 'o2', 100) },
      { at: START + 41 * DAY, event_type: 'add_to_cart', user_id, price: 3 },
      { at: START + 41 * DAY + HOUR / 4, event_type: 'add_to_cart' },
      { at: START + 42 * DAY, event_type: 'refund', user_id, order_id: 'o2', price: 30 },
      { ...buys(60, 'o3', 7.5) },
    ]);
    const at = START + 62 * DAY + 6 * HOUR;
    expect(read(history, at)).toMatchObject({
      lifetime_purchase_count: 3,
      avg_order_value_90d: 132.5 / 3,
      days_since_last_purchase: 2.25,
      purchase_count_30d: 2,
      purchase_count_90d: 3,
      purchase_count_365d: 3,
      total_spend_30d: 77.5,
      total_spend_90d: 102.5,
      total_spend_365d: 102.5,
      total_sessions_90d: 5,
      avg_session_duration_90d: 900 / 4,
      add_to_cart_count_90d: 2,
      recency: 60,
      frequency: 2,
      monetary: 132.5 / 3,
      tenure: 62.25,
      mean_days_between_orders: 30,
      return_rate: 1 / 3,
      preferred_product_category: null,
      distinct_products_bought: null,
    });
  });

  test('never seen are all missing', () => {
    const values = read({ visitor: replay([{}]).visitor }, START);
    for (const { name, view } of catalogue()) {
      if (view === 'user' || view === 'product') expect([name, values[name]]).toEqual([name, null]);
    }
  });

  test('trailing windows are the full days before today, and today', () => {
    const { user } = replay([buys(0, 'o', 10)]);
    const midnight = Date.UTC(2026, 4, 6);
    const count = (at: number) => read({ user }, at)['purchase_count_30d'];
    expect(count(midnight + 31 * DAY - 1)).toBe(1);
    expect(count(midnight + 31 * DAY)).toBe(0);
    expect(count(START - DAY)).toBe(0);
  });

  test('an order counts on the earliest day of its lines, in any order of arrival', () => {
    const lines = [buys(1, 'o', 1), buys(0, 'o', 1), buys(2, 'o', 1)];
    const expected = read(replay([lines[1], lines[0], lines[2]]), START + 30 * DAY);
    const user = emptyUser();
    for (const [index, line] of lines.entries()) {
      const visitor = `v${index}`;
      const event = enrichedEvent({ ...line, visitor });
      const { contribution } = applyToVisitor(emptyVisitor(), event, null);
      if (contribution !== null) applyToUser(user, contribution);
    }
    expect(expected).toMatchObject({ purchase_count_30d: 1, lifetime_purchase_count: 1 });
    expect(read({ user }, START + 30 * DAY)['purchase_count_30d']).toBe(1);
    expect(read({ user }, START + 31 * DAY)['purchase_count_30d']).toBe(0);
  });
});

describe('product features', () => {
  test('are what the batch job wrote, by name', () => {
    const product = { 'product.view_count_30d': 12, 'product.avg_price_7d': 9.5 };
    const values = featureValues(
      { visitor: null, user: null, product },
      { at: START, product_id: 'p', timeZone: 'UTC' },
    );
    expect(values).toMatchObject({ ...product, 'product.purchase_count_30d': null });
  });
});

describe('compileVector', () => {
  test('reads the named features in order, as featureValues does', () => {
    const { visitor } = replay([{ product_id: 'p', price: 3 }]);
    const names = catalogue()
      .map(({ name }) => name)
      .reverse();
    const query = { at: START, product_id: 'p', timeZone: 'UTC' };
    const entities = { visitor, user: null, product: null };
    const all = featureValues(entities, query);
    expect(compileVector(names)(entities, query)).toEqual(names.map((name) => all[name]));
  });

  test('names the feature that it does not know', () => {
    expect(() => compileVector(['event_count', 'shoe_size'])).toThrow(InvalidFeatureDefinition);
    expect(() => compileVector(['shoe_size'])).toThrow(/shoe_size/);
  });
});
