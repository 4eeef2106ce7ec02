import { beforeAll, describe, expect, test } from 'vitest';
import { type BacktestModel, backtestPropensity } from '../../shared/domain/backtest.ts';
import { verifyFolder } from '../../shared/domain/model-folder.ts';
import { modelInputs, PrefixReplay, type PrefixRows } from '../../shared/domain/prefix-rows.ts';
import {
  TRAINED_KINDS,
  type TrainedKind,
  type TrainedPropensity,
  trainPropensity,
} from '../../shared/domain/propensity-training.ts';
import { openModel, type ScoringModel } from '../../shared/domain/registered-model.ts';
import { ServingSample } from '../../shared/domain/serving-sample.ts';
import { NotEnoughData } from '../../shared/errors.ts';
import { catalogue, definitionDigests } from '../../shared/features/catalogue.ts';
import { featureValues } from '../../shared/features/vector.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import type { Manifest } from '../../shared/schemas/model.ts';
import { eventAt, shopTraffic } from './events.ts';

const inputs = modelInputs(catalogue());
const RUN = {
  runDate: '2026-02-01',
  seed: 1,
  dataDigests: ['0'.repeat(64)],
  codeVersion: 'test',
  timeZone: 'UTC',
};

function rowsOf(...parts: readonly (readonly EnrichedEvent[])[]): PrefixRows {
  const replay = new PrefixReplay(inputs, RUN.timeZone);
  for (const [part, events] of parts.entries()) {
    if (part > 0) replay.startPart();
    for (const [index, event] of events.entries()) replay.add(event, index + 1);
  }
  return replay.finish();
}

const train = (events: readonly EnrichedEvent[], kind: TrainedKind) => {
  const sample = new ServingSample(seededRandom(1));
  const replay = new PrefixReplay(inputs, RUN.timeZone, sample.offer.bind(sample));
  for (const event of events) replay.add(event);
  let milliseconds = 0;
  return trainPropensity(replay.finish(), RUN, kind, {
    champion: null,
    states: sample.states(),
    range: { from: null, to: '2026-02-01T00:00:00.000Z' },
    stopwatch: () => milliseconds++,
  });
};

const traffic = shopTraffic(11, 500, 14);
const EVERY_FEATURE = [...inputs.keys()];

describe.each(TRAINED_KINDS)('training %s', { timeout: 30_000 }, (kind) => {
  let folder: TrainedPropensity['folder'];
  let evaluation: TrainedPropensity['evaluation'];
  let manifest: Manifest;
  let model: ScoringModel;

  beforeAll(async () => {
    ({ folder, evaluation } = await train(traffic, kind));
    manifest = verifyFolder(folder);
    model = openModel(folder, definitionDigests());
  }, 30_000);

  test('gives the same bytes for the same events', async () => {
    expect((await train(traffic, kind)).folder).toEqual(folder);
  });

  test('finds what decides the purchase, and ranks better than the cart alone', () => {
    expect(evaluation.models.get(kind)?.['auc_weighted']?.value).toBeGreaterThan(0.7);
    expect(evaluation.models.get(kind)?.['auc_with_cart']?.value).toBeGreaterThan(0.53);
    expect(manifest.metrics).toEqual(evaluation.models.get(kind));
  });

  test('is calibrated on the later sessions', () => {
    expect(evaluation.models.get(kind)?.['ece_weighted']?.value).toBeLessThan(0.05);
  });

  test('scores a cart above none, and on a desktop above mobile', () => {
    const visitor = (device_type: 'mobile' | 'desktop', cart: boolean) => {
      const events = [eventAt(0, 'product_view', { device_type })];
      if (cart) events.push(eventAt(1, 'add_to_cart', { device_type }));
      const rows = rowsOf(events);
      const features = model.features.map((name) =>
        inputs.findIndex((input) => input.name === name),
      );
      return model.score(rows.vector(rows.length - 1, features)).probability;
    };
    expect(visitor('desktop', true)).toBeGreaterThan(visitor('mobile', true));
    expect(visitor('desktop', true)).toBeGreaterThan(visitor('desktop', false));
    expect(visitor('desktop', false)).toBeGreaterThan(visitor('mobile', false));
  });

  test('answers a visitor never seen with a number', () => {
    const values = featureValues(
      { visitor: null, user: null, product: null },
      { at: Date.UTC(2026, 2, 1), product_id: null, timeZone: 'UTC' },
    );
    const { probability } = model.score(model.features.map((name) => values[name] ?? null));
    expect(probability).toBeGreaterThan(0);
    expect(probability).toBeLessThan(0.5);
  });

  test('describes its data, features and baseline in the manifest and the card', () => {
    expect(manifest.training.data_digests).toEqual(RUN.dataDigests);
    expect(manifest.prior).toBeGreaterThan(0.02);
    expect(manifest.prior).toBeLessThan(0.3);
    for (const { name, definition, type } of manifest.features) {
      expect(definition).toBe(definitionDigests().get(name));
      if (type === 'category') continue;
      const { edges = [], shares = [] } = manifest.baseline[name] ?? {};
      expect(shares).toHaveLength(edges.length === 0 && shares.length === 0 ? 0 : edges.length + 1);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    }
    const card = Buffer.from(folder.card).toString();
    expect(card).toContain('AUC gained over the has-cart rule');
    expect(card).not.toMatch(/NaN|undefined|Infinity/);
  });

  test.each([
    ['too few sessions', shopTraffic(1, 20, 10)],
    [
      'nobody who buys',
      shopTraffic(2, 300, 10).filter(({ event_type }) => event_type !== 'purchase'),
    ],
  ])('with %s says that the data are not enough', async (_, events) => {
    await expect(train(events, kind)).rejects.toThrow(NotEnoughData);
  });
});

describe('a backtest', { timeout: 30_000 }, () => {
  const events = shopTraffic(12, 300, 14);
  const half = Math.floor(events.length / 2);
  const [before, after] = [events.slice(0, half), events.slice(half)];
  const backtest = (rows: PrefixRows, predict: BacktestModel, features = EVERY_FEATURE) =>
    backtestPropensity(rows, RUN, { predict, features });

  test('predicts every test event before a purchase, and none of the training', async () => {
    const rows = rowsOf(before, after);
    const { tested, propensities } = await backtest(rows, 'trees');
    expect(tested.length).toBeGreaterThan(0);
    expect(propensities).toHaveLength(tested.length);
    expect(Array.from(tested).every((row) => rows.part[row] === 1)).toBe(true);
    expect(propensities.every((value) => value > 0 && value < 1)).toBe(true);
  });

  test.each(TRAINED_KINDS)('of %s is not moved by what happens later in the file', async (kind) => {
    const cut = Math.floor(after.length / 2);
    const later = shopTraffic(99, 300, 3).map((event) => ({
      ...event,
      order_key: `9${event.order_key}`,
    }));
    const one = await backtest(rowsOf(before, after), kind);
    const other = await backtest(rowsOf(before, [...after.slice(0, cut), ...later]), kind);
    const rows = rowsOf(before, after);
    let compared = 0;
    for (const [index, row] of one.tested.entries()) {
      if ((rows.sourceRow[row] as number) > cut) break;
      expect(other.propensities[index]).toBe(one.propensities[index]);
      compared++;
    }
    expect(compared).toBeGreaterThan(100);
  });

  test('answers the rule instead where that is asked', async () => {
    const { propensities } = await backtest(rowsOf(before, after), 'has-cart');
    expect(new Set(propensities.map((value) => Number(value.toFixed(9))))).toEqual(
      new Set([0.01, 0.3]),
    );
  });

  test('without a feature knows nothing of it', async () => {
    const deviceless = EVERY_FEATURE.filter((feature) => inputs[feature]?.name !== 'device_type');
    const device = inputs.findIndex(({ name }) => name === 'device_type');
    const rows = rowsOf(before, after);
    const shuffled: PrefixRows = {
      ...rows,
      value: (row, feature) => (feature === device ? row % 2 : rows.value(row, feature)),
    };
    const { propensities } = await backtest(rows, 'trees', deviceless);
    expect((await backtest(shuffled, 'trees', deviceless)).propensities).toEqual(propensities);
    expect((await backtest(rows, 'trees')).propensities).not.toEqual(propensities);
  });
});
