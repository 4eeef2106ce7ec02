import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type LoadSummary,
  loadSnapshot,
  noteLoaded,
  type SnapshotRow,
} from '../../shared/domain/feature-snapshot.ts';
import { updateFeatures } from '../../shared/domain/update-features.ts';
import {
  productFromItem,
  productItemKey,
  userFromItem,
  userKey,
} from '../../shared/features/item.ts';
import { featureValues } from '../../shared/features/vector.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { type Fault, FaultyOnlineStore } from '../features/faulty-online-store.ts';

const DATE = '2026-05-07';
const RULES = { attempts: 5, baseDelay: 1, random: () => 0.5, sleep: async () => undefined };

async function* rowsOf(
  values: Readonly<Record<string, Readonly<Record<string, number | string | null>>>>,
): AsyncGenerator<SnapshotRow> {
  for (const [id, given] of Object.entries(values)) yield { id, values: given };
}

let faults: Fault[];
let store: FaultyOnlineStore;
beforeEach(() => {
  faults = [];
  store = new FaultyOnlineStore(() => faults.shift() ?? 'none');
});

/** Loads a snapshot and notes it where all of it was written, as the machine does. */
async function load(
  entity: 'user' | 'product',
  rows: AsyncIterable<SnapshotRow>,
  rules = RULES,
  date = DATE,
): Promise<LoadSummary> {
  const summary = await loadSnapshot({ entity, date }, rows, store, rules);
  if (summary.failed === 0) await noteLoaded({ entity, date }, store, rules);
  return summary;
}

async function stream(event: EnrichedEvent, sequence: number): Promise<void> {
  const record = { sequence: String(sequence).padStart(56, '0'), data: JSON.stringify(event) };
  const { failed } = await updateFeatures([record], { store, retry: RULES });
  expect(failed).toEqual([]);
}

describe('products', () => {
  const two = { p: { 'product.view_count_30d': 3 }, q: { 'product.view_count_30d': 1 } };

  test('are written once; again, nothing is', async () => {
    expect(await load('product', rowsOf(two))).toMatchObject({ rows: 2, written: 2, unchanged: 0 });
    expect(await load('product', rowsOf(two))).toMatchObject({ rows: 2, written: 0, unchanged: 2 });
    const item = store.items.get(productItemKey('p'));
    expect(item?.version).toBe(1);
    expect(item && productFromItem(item)).toEqual(two.p);
  });

  test('are changed by a later snapshot, and not by an earlier one', async () => {
    await load('product', rowsOf(two));
    const later = rowsOf({ ...two, p: { 'product.view_count_30d': 4 } });
    expect(await load('product', later, RULES, '2026-05-08')).toMatchObject({
      written: 1,
      unchanged: 1,
    });
    await expect(load('product', rowsOf(two))).rejects.toMatchObject({ name: 'StaleSnapshot' });
    expect(productFromItem(store.items.get(productItemKey('p')) as never)).toEqual({
      'product.view_count_30d': 4,
    });
  });

  test('that could not be written are counted, and a snapshot half loaded may be loaded again', async () => {
    // Read of what was loaded, read of the batch, its two writes: and no second attempt.
    faults = ['none', 'none', 'fails', 'none'];
    const once = { ...RULES, attempts: 1 };
    expect(await load('product', rowsOf(two), once)).toMatchObject({ written: 1, failed: 1 });
    expect(store.items.has('snapshot#product')).toBe(false);
    expect(await load('product', rowsOf(two))).toMatchObject({ written: 1, unchanged: 1 });
    expect(store.items.has('snapshot#product')).toBe(true);
  });

  test('a store that cannot be read ends the load', async () => {
    faults = ['none', 'fails', 'fails', 'fails', 'fails', 'fails'];
    await expect(load('product', rowsOf(two))).rejects.toMatchObject({ name: 'StoreUnavailable' });
  });

  test('all of them arrive, whatever fails on the way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 250 }),
        fc.array(fc.constantFrom<Fault>('none', 'none', 'fails', 'fails after'), { maxLength: 40 }),
        async (count, planned) => {
          const queue: Fault[] = [...planned];
          store = new FaultyOnlineStore(() => queue.shift() ?? 'none');
          const rows = Object.fromEntries(
            Array.from({ length: count }, (_, index) => [`p${index}`, { views: index }]),
          );
          const patient = { ...RULES, attempts: 60 };
          const summary = await load('product', rowsOf(rows), patient);
          expect(summary.rows).toBe(count);
          expect(summary.failed).toBe(0);
          expect(summary.written + summary.unchanged).toBe(count);
          expect(store.items.has('snapshot#product')).toBe(true);
          for (const [id, values] of Object.entries(rows))
            expect(productFromItem(store.items.get(productItemKey(id)) as never)).toEqual(values);
        },
      ),
      {
        numRuns: 30,
        examples: [
          [1, ['none', 'none', 'fails after']],
          [1, ['fails', 'none', 'none', 'fails']],
        ],
      },
    );
  });
});

describe('users', () => {
  const AT = Date.UTC(2026, 4, 7, 12);
  const purchase = (order_id: string) =>
    enrichedEvent({ event_type: 'purchase', user_id: 'u', product_id: 'p', price: 5, order_id });
  const shown = () => {
    const user = userFromItem(store.items.get(userKey('u')) as never);
    const query = { at: AT, product_id: null, timeZone: 'UTC' };
    const values = featureValues({ visitor: null, user, product: null }, query);
    return {
      orders: values['lifetime_purchase_count'],
      spend: values['total_spend_30d'],
      products: values['distinct_products_bought'],
      category: values['preferred_product_category'],
    };
  };
  const batch = { distinct_products_bought: 7, preferred_product_category: 'shoes' };

  test('keep what the stream folded, and the stream keeps what the batch wrote', async () => {
    await stream(purchase('o1'), 1);
    expect(shown()).toEqual({ orders: 1, spend: 5, products: null, category: null });
    expect(await load('user', rowsOf({ u: batch }))).toMatchObject({ written: 1 });
    expect(shown()).toEqual({ orders: 1, spend: 5, products: 7, category: 'shoes' });
    await stream(purchase('o2'), 2);
    expect(shown()).toEqual({ orders: 2, spend: 10, products: 7, category: 'shoes' });
    // Redelivered: recognised still.
    await stream(purchase('o2'), 2);
    expect(shown()).toMatchObject({ orders: 2, spend: 10 });
  });

  test('lose nothing to a stream that writes at the same moment', async () => {
    await stream(purchase('o1'), 1);
    await Promise.all([
      load('user', rowsOf({ u: batch })),
      stream(purchase('o2'), 2),
      stream({ ...purchase('o3'), visitor: 'w', anonymous_id: 'w' }, 3),
    ]);
    expect(shown()).toEqual({ orders: 3, spend: 15, products: 7, category: 'shoes' });
  });

  test('that the stream does not know get no item: it would read as if they had done nothing', async () => {
    expect(await load('user', rowsOf({ u: batch }))).toMatchObject({ unknown: 1, written: 0 });
    expect(store.items.has(userKey('u'))).toBe(false);
  });
});
