import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLV_FEATURES } from '../../shared/domain/clv-features.ts';
import { gatherOrders, partBook } from '../../shared/domain/clv-publication/gathered-orders.ts';
import { clvSnapshot, fitAt } from '../../shared/domain/clv-snapshot.ts';
import { userView } from '../../shared/features/user-view.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import type { ObjectStore } from '../../shared/ports.ts';
import { foldedUsers, openTestLake, snapshotOf, type TestLake } from '../batch/lake.ts';
import { enrichedEvent } from '../enriched-event.ts';

const DAY = '2026-05-07';
const AT = Date.parse(DAY);
const DAY_MS = 86_400_000;
const DAYS_AGO = [0.5, 30, 30.25, 90, 90.5, 365, 365.5];
const random = seededRandom(7);
/** Purchases of known customers; refunds differ by design: the value of an order loses what was sent back. */
const events = Array.from({ length: 400 }, () => {
  const user = Math.floor(random() * 25);
  // On either side of the edges of the windows, and on them: a day of silver is made for each.
  const days = DAYS_AGO[Math.floor(random() * DAYS_AGO.length)] as number;
  return {
    at: Math.floor(AT - days * DAY_MS),
    user,
    price: Math.round(random() * 9000) / 100,
  };
})
  .filter(({ at }) => at < AT)
  .sort((one, other) => one.at - other.at)
  .map(({ at, user, price }, index) =>
    enrichedEvent({
      at,
      event_type: 'purchase',
      visitor: `v${user}`,
      anonymous_id: `v${user}`,
      user_id: `u${user}`,
      product_id: `p${index % 7}`,
      order_id: `o${index}`,
      price,
      quantity: 1 + (index % 3),
    }),
  );

let lake: TestLake;
beforeAll(async () => {
  lake = await openTestLake();
  lake.deliver(events);
});
afterAll(() => lake.close());

async function ofOrders(): Promise<Map<string, Record<string, number>>> {
  const objects = new Map<string, Uint8Array>([
    [
      'bronze/enriched_events/dt=2026-05-06/0.jsonl',
      // Delivered twice, as a stream may.
      Buffer.from([...events, ...events].map((event) => `${JSON.stringify(event)}\n`).join('')),
    ],
  ]);
  const memory: ObjectStore = {
    get: async (key) => objects.get(key) ?? null,
    put: async (key, body) => void objects.set(key, body),
    list: async function* (prefix) {
      yield* [...objects.keys()].filter((key) => key.startsWith(prefix));
    },
    delete: async () => {},
  };
  await gatherOrders([...objects.keys()], { run: 'r', chunk: 0, parts: 1 }, memory, (bytes) =>
    Buffer.from(bytes).toString(),
  );
  const book = await partBook('r', 0, AT, memory);
  const { purchases, spend } = fitAt(book, AT);
  const snapshot = clvSnapshot(
    book,
    AT,
    { horizonDays: 90, labelDays: 90, from: book.from },
    { bgNbd: purchases.model, gammaGamma: spend.model },
  );
  return new Map(
    snapshot.customers.map(({ customer }, row) => [
      customer.id,
      Object.fromEntries(
        CLV_FEATURES.map((name, column) => [name, snapshot.columns[column]?.[row] ?? Number.NaN]),
      ),
    ]),
  );
}

test('counts and spend of a customer are those of the user view, by SQL and by fold', async () => {
  const [sql, fold, orders] = [
    await snapshotOf(lake, userView, DAY),
    foldedUsers(events, DAY),
    await ofOrders(),
  ];
  expect([...orders.keys()].sort()).toEqual([...sql.keys()].sort());
  for (const [id, features] of orders)
    for (const values of [sql.get(id), fold.get(id)]) {
      expect(values?.['lifetime_purchase_count']).toBe(features['order_count']);
      for (const days of [30, 90, 365]) {
        expect(values?.[`purchase_count_${days}d`]).toBe(features[`order_count_${days}d`]);
        expect(values?.[`total_spend_${days}d`]).toBeCloseTo(features[`spend_${days}d`] ?? 0, 2);
      }
    }
}, 30_000);
