import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchFeatures } from '../../shared/domain/batch-features.ts';
import { FutureWatch } from '../../shared/domain/future-information.ts';
import { verifyFolder } from '../../shared/domain/model-folder.ts';
import { PrefixReplay, type PrefixRows, trainingInputs } from '../../shared/domain/prefix-rows.ts';
import { trainPropensity } from '../../shared/domain/propensity-training.ts';
import { ServingSample } from '../../shared/domain/serving-sample.ts';
import { trainingWindow, type WindowRules } from '../../shared/domain/training-window.ts';
import { searchTrees } from '../../shared/domain/tree-search.ts';
import { DEFAULT_TREES } from '../../shared/domain/tree-training.ts';
import { EveryTrialFailed, FutureInformation, NotEnoughData } from '../../shared/errors.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import type { EnrichedEvent, EventType } from '../../shared/schemas/event.ts';
import type { SnapshotMark } from '../../shared/schemas/snapshot-mark.ts';
import { eventAt, inOrder, shopTraffic } from './events.ts';

const inputs = trainingInputs(catalogue());
const every = [...inputs.keys()];
const DAY_MS = 86_400_000;

function rowsOf(events: readonly EnrichedEvent[], batch: BatchFeatures | null = null): PrefixRows {
  const replay = new PrefixReplay(inputs, 'UTC', null, batch);
  for (const [index, event] of events.entries()) replay.add(event, index);
  return replay.finish();
}

const all = (rows: PrefixRows) => Uint32Array.from({ length: rows.length }, (_, row) => row);

describe('nothing after a row can change it', () => {
  const step = fc.record({
    gap: fc.integer({ min: 0, max: 40 }),
    type: fc.constantFrom<EventType>('product_view', 'add_to_cart', 'purchase', 'refund'),
    visitor: fc.constantFrom('v1', 'v2'),
    product: fc.constantFrom('p1', 'p2'),
  });
  const told = fc.record({
    kind: fc.constantFrom<'user' | 'product'>('user', 'product'),
    id: fc.constantFrom('u', 'p1', 'p2'),
    minutes: fc.integer({ min: 0, max: 2000 }),
    value: fc.integer({ min: 1, max: 1000 }),
  });
  type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
  type Told = typeof told extends fc.Arbitrary<infer Value> ? Value : never;

  function eventsOf(steps: readonly Step[]): EnrichedEvent[] {
    let at = 0;
    return steps.map(({ gap, type, visitor, product }, index) => {
      at += gap;
      const order_key = String(index).padStart(6, '0');
      const fields = { visitor, user_id: 'u', product_id: product, order_key };
      return eventAt(at, type, { ...fields, event_id: order_key });
    });
  }

  function historyOf(rows: readonly Told[], from: number): BatchFeatures {
    const history = new BatchFeatures();
    for (const { kind, id, minutes, value } of rows)
      history.add(kind, {
        id,
        validFrom: from + minutes * 60_000,
        values: {
          [kind === 'user' ? 'distinct_products_bought' : 'product.view_count_30d']: value,
        },
      });
    return history;
  }

  test('neither events nor snapshots of later', () => {
    const steps = fc.array(step, { maxLength: 10 });
    const snapshots = fc.array(told, { maxLength: 10 });
    fc.assert(
      fc.property(
        steps,
        steps,
        steps,
        snapshots,
        snapshots,
        snapshots,
        (before, after, otherwise, past, later, other) => {
          const first = { gap: 0, type: 'product_view', visitor: 'v1', product: 'p1' } as const;
          const known = [first, ...before];
          const begin = Date.parse((eventsOf(known)[0] as EnrichedEvent).event_timestamp);
          const end = Date.parse((eventsOf(known).at(-1) as EnrichedEvent).event_timestamp);
          const rowsWith = (more: readonly Step[], planted: readonly Told[]) => {
            const seen = past.filter(({ minutes }) => begin + minutes * 60_000 <= end);
            const history = historyOf(seen, begin);
            for (const one of planted)
              history.add(one.kind, {
                id: one.id,
                validFrom: end + 1 + one.minutes * 60_000,
                values: { 'product.view_count_30d': 1e9, distinct_products_bought: 1e9 },
              });
            return rowsOf(eventsOf([...known, ...more]), history);
          };
          const one = rowsWith(after, later);
          const two = rowsWith(otherwise, other);
          for (let row = 0; (one.sourceRow[row] ?? Infinity) < known.length; row++) {
            expect(two.sourceRow[row]).toBe(one.sourceRow[row]);
            expect(two.vector(row, every)).toEqual(one.vector(row, every));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('ten planted rows are refused, each by name', () => {
    const events = shopTraffic(5, 30, 4);
    const planted = events.slice(0, 10).map((event, index) => ({
      ...event,
      event_id: `planted-${index}`,
      // Half happen after their receipt, half stand before it.
      ...(index % 2 === 0
        ? { event_timestamp: new Date(Date.parse(event.received_at) + DAY_MS).toISOString() }
        : { received_at: new Date(Date.parse(event.received_at) + DAY_MS).toISOString() }),
    }));
    const watch = new FutureWatch();
    for (const event of events) watch.see(event);
    expect(() => watch.refuse()).not.toThrow();
    for (const event of planted) watch.see(event);
    expect(() => watch.refuse()).toThrow(FutureInformation);
    expect(() => watch.refuse()).toThrow(/^10 rows tell of a time after their own/);
    for (let index = 0; index < 10; index++)
      expect(() => watch.refuse()).toThrow(`planted-${index} `);
  });

  test('a snapshot marked as visible before its day was over is refused', () => {
    const date = '2026-01-06';
    const mark = (valid_from: number): SnapshotMark => ({
      entity: 'user',
      date,
      valid_from,
      source: 'load',
    });
    const watch = new FutureWatch();
    watch.seeSnapshot(mark(Date.parse(date)));
    expect(() => watch.refuse()).not.toThrow();
    watch.seeSnapshot(mark(Date.parse(date) - 1));
    expect(() => watch.refuse()).toThrow(/the user snapshot as of 2026-01-06/);
  });
});

describe('a window', () => {
  const rows = rowsOf(shopTraffic(7, 600, 60));
  const newest = Math.max(...rows.sessionStart);
  const slicesOf = (rules: Partial<WindowRules>) =>
    trainingWindow(rows, all(rows), { days: 28, groupUsers: false, ...rules });
  const starts = (slice: Uint32Array) =>
    Array.from(slice, (row) => rows.sessionStart[row] as number);

  test('has the sessions of its days, in time order: fit, calibrate, evaluate', () => {
    const { fit, calibrate, later, recorded } = slicesOf({});
    expect(Math.min(...starts(fit))).toBeGreaterThan(newest - 28.1 * DAY_MS);
    expect(Math.max(...starts(fit))).toBeLessThan(Math.min(...starts(calibrate)));
    expect(Math.max(...starts(calibrate))).toBeLessThan(Math.min(...starts(later)));
    expect(recorded).toMatchObject({ window_days: 28, group_users: false });
    expect(recorded.evaluate_from).toBe(new Date(Math.min(...starts(later))).toISOString());
  });

  test.each<[string, Partial<WindowRules>, number, number]>([
    ['of all', { days: null }, 50, 61],
    ['longer than the events reach back', { days: 400 }, 50, 61],
    ['that holds fewer buying sessions than asked for', { days: 2, leastBuying: 100 }, 10, 60],
    ['of a few days', { days: 10 }, 9, 10],
  ])('%s says how many days it used', (_, rules, least, most) => {
    const used = slicesOf(rules).recorded.window_days_used;
    expect(used).toBeGreaterThanOrEqual(least);
    expect(used).toBeLessThanOrEqual(most);
  });

  test('that groups users evaluates none who was fitted or calibrated on', () => {
    const units = (slice: Uint32Array) => new Set(Array.from(slice, (row) => rows.unit[row]));
    const { fit, calibrate, later } = slicesOf({ groupUsers: true });
    const known = new Set([...units(fit), ...units(calibrate)]);
    expect(later.length).toBeGreaterThan(0);
    expect([...units(later)].filter((unit) => known.has(unit))).toEqual([]);
    expect([...units(slicesOf({}).later)].some((unit) => known.has(unit))).toBe(true);
  });
});

describe('a search', { timeout: 30_000 }, () => {
  const rows = rowsOf(shopTraffic(9, 500, 20));
  const streamed = every.filter((feature) => inputs[feature]?.computed_by === 'stream');
  const usable = all(rows).filter((row) => rows.censored[row] === 0);
  const search = (searched: PrefixRows = rows) =>
    searchTrees(searched, usable, streamed, { seed: 4, budget: { trials: 4 } });

  test('of so many trials repeats itself, begins with the defaults and records each', async () => {
    const one = await search();
    expect(await search()).toEqual(one);
    expect(one.trials).toHaveLength(4);
    expect(one.trials[0]?.parameters).toEqual(DEFAULT_TREES);
    for (const { measured } of one.trials)
      expect(measured[0]?.learningCurve.length).toBeGreaterThanOrEqual(measured[0]?.trees ?? 1);
    expect(one.best.measured.length).toBe(
      Math.max(...one.trials.map(({ measured }) => measured.length)),
    );
  });

  test('of which every trial fails says so, with the first cause', async () => {
    const broken = { ...rows, weight: rows.weight.map(() => Number.NaN) };
    await expect(search(broken)).rejects.toThrow(EveryTrialFailed);
  });
});

describe('batch features', { timeout: 30_000 }, () => {
  const events = shopTraffic(11, 800, 14);

  /** Tells of users every day: as the first argument says of who buys, or nothing of it. */
  function historyOf(value: (buys: boolean, id: string) => number): BatchFeatures {
    const history = new BatchFeatures();
    const buyers = new Set(
      events.filter(({ event_type }) => event_type === 'purchase').map(({ user_id }) => user_id),
    );
    for (const id of new Set(events.flatMap(({ user_id }) => user_id ?? [])))
      history.add('user', {
        id,
        validFrom: 0,
        values: { distinct_products_bought: value(buyers.has(id), id) },
      });
    return history;
  }

  async function trained(batch: BatchFeatures) {
    const sample = new ServingSample(seededRandom(1));
    const replay = new PrefixReplay(inputs, 'UTC', sample.offer.bind(sample), batch);
    for (const event of events) replay.add(event);
    const { folder, gated } = await trainPropensity(
      replay.finish(),
      { runDate: '2026-02-01', seed: 1, dataDigests: [], codeVersion: 'test', timeZone: 'UTC' },
      'trees',
      {
        champion: null,
        states: sample.states(),
        range: { from: null, to: '2026-02-01T00:00:00.000Z' },
        stopwatch: () => 0,
      },
    );
    const manifest = verifyFolder(folder);
    return {
      used: manifest.features.map(({ name }) => name).includes('distinct_products_bought'),
      parameters: manifest.training.parameters,
      parity: gated.gates.find(({ name }) => name === 'training-serving-parity'),
    };
  }

  test('that tell who buys are used, and read the same when served', async () => {
    const { used, parameters, parity } = await trained(historyOf((buys) => (buys ? 5 : 0)));
    expect(used).toBe(true);
    expect(parameters['batch_features']).toBe(true);
    expect(parity).toMatchObject({ verdict: 'pass', value: 0 });
  });

  test('that tell nothing are left out, and both losses recorded', async () => {
    const random = seededRandom(3);
    const { used, parameters } = await trained(historyOf(() => Math.floor(random() * 5)));
    expect(used).toBe(false);
    expect(parameters['calibration_loss_with_batch_features']).toBeGreaterThan(0);
    expect(parameters['calibration_loss_without_batch_features']).toBeGreaterThan(0);
  });
});

test.each<[string, EnrichedEvent[], RegExp]>([
  [
    'one class only',
    shopTraffic(3, 200, 10).filter(({ event_type }) => event_type !== 'purchase'),
    /0 buying and \d+ other complete sessions to fit/,
  ],
  ['12 rows', shopTraffic(3, 200, 10).slice(0, 12), /at least 10 of each are needed/],
  ['purchases alone', [eventAt(0, 'purchase')], /no event before a purchase/],
])('%s is not enough data, and says what is missing', async (_, events, message) => {
  const training = async () =>
    trainPropensity(
      rowsOf(inOrder(events)),
      { runDate: '2026-02-01', seed: 1, dataDigests: [], codeVersion: 'test', timeZone: 'UTC' },
      'trees',
      { champion: null, states: [], range: { from: null, to: '' }, stopwatch: () => 0 },
    );
  await expect(training()).rejects.toThrow(NotEnoughData);
  await expect(training()).rejects.toThrow(message);
});
