import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchHistory } from '../../local/offline-store.ts';
import { BatchFeatures, type VisibleRow } from '../../shared/domain/batch-features.ts';
import { PrefixReplay, type PrefixRows } from '../../shared/domain/prefix-rows.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { productView } from '../../shared/features/product-view.ts';
import { userView } from '../../shared/features/user-view.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { shopTraffic } from '../learning/events.ts';
import { openTestLake, snapshotOf } from './lake.ts';

const NAMES = ['product.view_count_30d', 'distinct_products_bought', 'event_count'] as const;
const inputs = NAMES.map((name) => {
  const entry = catalogue().find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(name);
  return entry;
});

const events = shopTraffic(3, 40, 6);
const FIRST = Date.parse((events[0] as EnrichedEvent).received_at);
const LAST = Date.parse((events.at(-1) as EnrichedEvent).received_at);

function rowsWith(batch: BatchFeatures | null): PrefixRows {
  const replay = new PrefixReplay(inputs, 'UTC', null, batch);
  for (const [index, event] of events.entries()) replay.add(event, index);
  return replay.finish();
}

const valuesOf = (rows: PrefixRows) =>
  Array.from({ length: rows.length }, (_, row) => rows.vector(row, [0, 1, 2]));

/** Of a few of the shop's products and users. */
const told = fc.record({
  kind: fc.constantFrom('user', 'product'),
  number: fc.integer({ min: 0, max: 12 }),
  validFrom: fc.integer({ min: FIRST - 1000, max: LAST }),
  value: fc.integer({ min: 0, max: 1000 }),
});
type Told = typeof told extends fc.Arbitrary<infer Value> ? Value : never;

const rowOf = ({ kind, number, validFrom, value }: Told): VisibleRow => ({
  id: `${kind === 'user' ? 'u' : 'p'}${number}`,
  validFrom,
  values: { [kind === 'user' ? NAMES[1] : NAMES[0]]: value },
});

function historyOf(all: readonly Told[]): BatchFeatures {
  const history = new BatchFeatures();
  for (const one of all) history.add(one.kind as 'user' | 'product', rowOf(one));
  return history;
}

test('a row has the values of the latest snapshot visible at its time, whatever later ones say', () => {
  const unique = {
    selector: ({ kind, number, validFrom }: Told) => `${kind}${number} ${validFrom}`,
  };
  fc.assert(
    fc.property(
      fc.uniqueArray(told, { ...unique, maxLength: 60 }),
      fc.array(told),
      (past, more) => {
        const planted = more.map((one) => ({ ...one, validFrom: LAST + 1, value: 1e9 }));
        const rows = rowsWith(historyOf([...planted, ...past]));
        expect(valuesOf(rows)).toEqual(valuesOf(rowsWith(historyOf(past))));
        const visible = (kind: string, id: string | null, at: number) =>
          past
            .filter((one) => one.kind === kind && rowOf(one).id === id && one.validFrom <= at)
            .sort((a, b) => a.validFrom - b.validFrom)
            .at(-1)?.value ?? null;
        for (let row = 0; row < rows.length; row++) {
          const event = events[rows.sourceRow[row] as number] as EnrichedEvent;
          const at = rows.time[row] as number;
          const [product, user] = rows.vector(row, [0, 1]);
          expect(product).toBe(visible('product', event.product_id, at));
          if (event.user_id !== null) expect(user).toBe(visible('user', event.user_id, at));
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('the snapshots of the lake, from the moment at which each was visible online', async () => {
  const lake = await openTestLake();
  try {
    lake.deliver(events);
    const days = ['2026-01-06', '2026-01-07', '2026-01-09'] as const;
    const snapshots = new Map<string, unknown>();
    for (const day of days) {
      await snapshotOf(lake, userView, day);
      const products = await snapshotOf(lake, productView, day);
      snapshots.set(day, products.get('p1')?.['view_count_30d']);
    }
    const visible = [
      ['2026-01-06', '2026-01-06T06:00:00.000Z'],
      ['2026-01-07', '2026-01-07T09:30:00.000Z'],
      ['2026-01-09', '2026-01-09T02:00:00.000Z'],
    ] as const;
    const marks = (['user', 'product'] as const).flatMap((entity) =>
      visible.map(([date, from]) => {
        return { entity, date, valid_from: Date.parse(from), source: 'load' } as const;
      }),
    );
    const views = { user: userView, product: productView };
    const { connection } = lake.duckdb;
    const history = await batchHistory(connection, lake.folder, marks, views);
    const seen = (time: string) =>
      history.at('product', 'p1', Date.parse(time))?.['product.view_count_30d'];
    expect(seen('2026-01-06T05:59:59.999Z')).toBeUndefined();
    expect(seen('2026-01-06T06:00:00.000Z')).toBe(snapshots.get('2026-01-06'));
    // The load of the next one took its time.
    expect(seen('2026-01-07T09:29:59.999Z')).toBe(snapshots.get('2026-01-06'));
    expect(seen('2026-01-07T09:30:00.000Z')).toBe(snapshots.get('2026-01-07'));
    expect(seen('2026-01-30T00:00:00.000Z')).toBe(snapshots.get('2026-01-09'));
    expect(new Set(snapshots.values()).size).toBe(3);
    const unmarked = marks.filter(({ date }) => date !== '2026-01-07');
    const without = await batchHistory(connection, lake.folder, unmarked, views);
    expect(without.at('product', 'p1', Date.parse('2026-01-08'))?.['product.view_count_30d']).toBe(
      snapshots.get('2026-01-06'),
    );
  } finally {
    lake.close();
  }
}, 30_000);

test('without a snapshot there is no history', async () => {
  const lake = await openTestLake();
  try {
    const views = { user: userView, product: productView };
    const { connection } = lake.duckdb;
    await expect(batchHistory(connection, lake.folder, [], views)).rejects.toMatchObject({
      name: 'NotEnoughData',
    });
    const gone = { date: '2026-01-06', valid_from: 0, source: 'load' } as const;
    const marks = [{ entity: 'user', ...gone } as const, { entity: 'product', ...gone } as const];
    await expect(batchHistory(connection, lake.folder, marks, views)).rejects.toMatchObject({
      name: 'NotEnoughData',
      message: expect.stringContaining('--date 2026-01-06 makes it anew'),
    });
  } finally {
    lake.close();
  }
});
