import { describe, expect, test } from 'vitest';
import { type Evaluation, evaluate } from '../../shared/domain/evaluation.ts';
import { metricsTable } from '../../shared/domain/model-card.ts';
import { modelInputs, PrefixReplay } from '../../shared/domain/prefix-rows.ts';
import { timeSlices } from '../../shared/domain/time-slices.ts';
import { NotEnoughData } from '../../shared/errors.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import { eventAt, shopTraffic } from './events.ts';

const inputs = modelInputs(catalogue()).filter(({ name }) =>
  ['cart_product_count', 'device_type'].includes(name),
);
const replay = new PrefixReplay(inputs, 'UTC');
for (const event of shopTraffic(5, 400, 10)) replay.add(event);
const rows = replay.finish();
const usable = Uint32Array.from(rows.censored.keys()).filter((row) => rows.censored[row] === 0);
const cart = inputs.findIndex(({ name }) => name === 'cart_product_count');

const rule = Float64Array.from(usable, (row) => (rows.value(row, cart) > 0 ? 0.5 : 0.02));
const random = seededRandom(2);
const noise = Float64Array.from(usable, () => random());

function evaluated(seed = 1): Evaluation {
  return evaluate(
    rows,
    usable,
    new Map([
      ['rule', rule],
      ['noise', noise],
    ]),
    {
      seed,
      seenUnits: new Set([0]),
    },
  );
}
const evaluation = evaluated();
const metric = (model: string, name: string) => evaluation.models.get(model)?.[name];

describe('an evaluation', { timeout: 30_000 }, () => {
  test('weights sessions, not rows, where it says so', () => {
    const labels = usable.map((row) => rows.label[row] as number);
    const weights = Float64Array.from(usable, (row) => rows.weight[row] as number);
    expect(metric('rule', 'auc')?.value).toBeCloseTo(rocAuc(rule, labels) as number, 12);
    expect(metric('rule', 'auc_weighted')?.value).toBeCloseTo(
      rocAuc(rule, labels, weights) as number,
      12,
    );
  });

  test('has intervals that hold the value and narrow the noise down to chance', () => {
    for (const [model, metrics] of evaluation.models)
      for (const [name, { value, lower, upper }] of Object.entries(metrics)) {
        if (value === null || lower === null || upper === null) continue;
        // A calibration error is biased upward in resamples; ranks are not.
        if (!name.startsWith('auc')) continue;
        expect(value, `${model} ${name}`).toBeGreaterThanOrEqual(lower);
        expect(value, `${model} ${name}`).toBeLessThanOrEqual(upper);
      }
    expect(metric('noise', 'auc')?.lower).toBeLessThan(0.5);
    expect(metric('noise', 'auc')?.upper).toBeGreaterThan(0.5);
    expect(metric('rule', 'auc_weighted')?.lower).toBeGreaterThan(0.5);
  });

  test('measures the gain over the models before it on the same resamples', () => {
    const gain = metric('noise', 'auc_weighted_gain_over_rule');
    const [of, over] = [metric('noise', 'auc_weighted'), metric('rule', 'auc_weighted')];
    expect(gain?.value).toBeCloseTo((of?.value as number) - (over?.value as number), 12);
    expect(gain?.upper).toBeLessThan(0);
    expect(metric('rule', 'auc_weighted_gain_over_noise')).toBeUndefined();
  });

  test('cannot rank by the cart where all have one, or none', () => {
    expect(metric('rule', 'auc_with_cart')?.value).toBe(0.5);
    expect(metric('rule', 'auc_without_cart')?.value).toBe(0.5);
  });

  test('has null, not a number, where there is one class only', () => {
    const idle = usable.filter((row) => rows.label[row] === 0);
    const oneClass = evaluate(
      rows,
      idle,
      new Map([['rule', new Float64Array(idle.length).fill(0.1)]]),
      {
        seed: 1,
        seenUnits: new Set(),
      },
    );
    expect(oneClass.models.get('rule')?.['auc']).toEqual({ value: null, lower: null, upper: null });
    expect(oneClass.models.get('rule')?.['ece']?.value).toBeCloseTo(0.1, 12);
    expect(metricsTable(oneClass)).not.toContain('NaN');
  });

  test('repeats itself for a seed', () => {
    expect(evaluated()).toEqual(evaluation);
    expect(evaluated(2)).not.toEqual(evaluation);
  });
});

describe('time slices', () => {
  const slices = timeSlices(rows, usable, { first: 0.5, second: 0.3, third: 0.2 });

  test('share no session and follow one another', () => {
    const names = ['first', 'second', 'third'] as const;
    const sessions = names.map(
      (name) => new Set(Array.from(slices[name], (row) => rows.session[row])),
    );
    expect(sessions.reduce((sum, { size }) => sum + size, 0)).toBe(
      new Set(Array.from(usable, (row) => rows.session[row])).size,
    );
    const starts = names.map((name) =>
      Array.from(slices[name], (row) => rows.sessionStart[row] as number),
    );
    for (const [index, earlier] of starts.slice(0, -1).entries())
      expect(Math.max(...earlier)).toBeLessThan(Math.min(...(starts[index + 1] as number[])));
  });

  test('have about the shares asked for, and no censored row', () => {
    expect(slices.first.length / usable.length).toBeCloseTo(0.5, 1);
    const all = [...slices.first, ...slices.second, ...slices.third];
    expect(all.sort((a, b) => a - b)).toEqual(Array.from(usable));
  });

  test('of nothing but open sessions are refused', () => {
    const brief = new PrefixReplay(inputs, 'UTC');
    brief.add(eventAt(0, 'product_view'));
    expect(() => timeSlices(brief.finish(), [0], { all: 1 })).toThrow(NotEnoughData);
  });
});
