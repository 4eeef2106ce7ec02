import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchRows } from '../../local/offline-store.ts';
import { BatchFeatures, type VisibleRow } from '../../shared/domain/batch-features.ts';
import { PrefixReplay, type PrefixRows } from '../../shared/domain/prefix-rows.ts';
import { markSnapshot } from '../../shared/domain/snapshot-mark.ts';
import { keepRows } from '../../shared/domain/snapshot-rows.ts';
import { visibleSnapshots } from '../../shared/domain/visible-snapshots.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { productView } from '../../shared/features/product-view.ts';
import { userView } from '../../shared/features/user-view.ts';
import type { ObjectStore } from '../../shared/ports.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { shopTraffic } from '../learning/events.ts';
import { openTestLake, snapshotOf } from './lake.ts';

freshDataDirectory();

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

const DAYS = ['2026-01-06', '2026-01-07', '2026-01-09'] as const;
const views = { user: userView, product: productView };

/** A data directory whose lake has the events and their snapshots of some days, without a mark. */
async function snapshotLake() {
  const lake = await openTestLake();
  const store = openObjectStore('LakeBucket');
  lake.deliver(events);
  const views30d = new Map<string, unknown>();
  for (const date of DAYS)
    for (const entity of ['user', 'product'] as const) {
      const rows = await snapshotOf(lake, views[entity], date);
      if (entity === 'product') views30d.set(date, rows.get('p1')?.['view_count_30d']);
      const { connection } = lake.duckdb;
      await keepRows(
        store,
        { entity, date },
        batchRows(connection, lake.folder, views[entity], date),
      );
    }
  lake.close();
  return { store, views30d };
}

const mark = (store: ObjectStore, entity: 'user' | 'product', date: string, from: string) =>
  markSnapshot(store, { entity, date, valid_from: Date.parse(from), source: 'load' });

test('the snapshots of the lake, from the moment at which each was visible online', async () => {
  const { store, views30d } = await snapshotLake();
  const visible = [
    ['2026-01-06', '2026-01-06T06:00:00.000Z'],
    ['2026-01-09', '2026-01-09T02:00:00.000Z'],
  ] as const;
  for (const [date, from] of visible)
    for (const entity of ['user', 'product'] as const) await mark(store, entity, date, from);
  const all = Number.POSITIVE_INFINITY;
  const without = await visibleSnapshots(store, all);
  // The load of this one took its time.
  await mark(store, 'product', '2026-01-07', '2026-01-07T09:30:00.000Z');
  const { features, recordUntil } = await visibleSnapshots(store, all);
  const seen = (time: string) =>
    features.at('product', 'p1', Date.parse(time))?.['product.view_count_30d'];
  expect(seen('2026-01-06T05:59:59.999Z')).toBeUndefined();
  expect(seen('2026-01-06T06:00:00.000Z')).toBe(views30d.get('2026-01-06'));
  expect(seen('2026-01-07T09:29:59.999Z')).toBe(views30d.get('2026-01-06'));
  expect(seen('2026-01-07T09:30:00.000Z')).toBe(views30d.get('2026-01-07'));
  expect(seen('2026-01-30T00:00:00.000Z')).toBe(views30d.get('2026-01-09'));
  expect(new Set(views30d.values()).size).toBe(3);
  const earlier = Date.parse('2026-01-08');
  expect(without.features.at('product', 'p1', earlier)?.['product.view_count_30d']).toBe(
    views30d.get('2026-01-06'),
  );
  expect(recordUntil(earlier)).toMatchObject({ first: '2026-01-06', last: '2026-01-07', files: 3 });
  expect(without.recordUntil(earlier)).toMatchObject({ last: '2026-01-06', files: 2 });
  const bounded = await visibleSnapshots(store, earlier);
  expect(bounded.recordUntil(earlier)).toEqual(recordUntil(earlier));
  expect(bounded.features.at('product', 'p1', LAST)).toEqual(features.at('product', 'p1', earlier));
}, 30_000);

test('a marked snapshot whose rows are gone or damaged is named', async () => {
  const store = openObjectStore('OtherLake');
  expect((await visibleSnapshots(store, LAST)).recordUntil(LAST)).toBeNull();
  await mark(store, 'user', '2026-01-06', '2026-01-06T06:00:00.000Z');
  await expect(visibleSnapshots(store, LAST)).rejects.toMatchObject({
    name: 'UnreadableInput',
    message: expect.stringContaining('--date 2026-01-06 makes it anew'),
  });
  await store.put('gold/snapshot_rows/dt=2026-01-06/user.jsonl.gz', Uint8Array.of(0x1f, 0x8b, 0));
  await expect(visibleSnapshots(store, LAST)).rejects.toMatchObject({
    name: 'UnreadableInput',
    message: expect.stringContaining('gold/snapshot_rows/dt=2026-01-06/user.jsonl.gz'),
  });
});
