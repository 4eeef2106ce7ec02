import { describe, expect, test } from 'vitest';
import { type Evaluation, evaluate } from '../../shared/domain/evaluation.ts';
import { harmAtMost, provenAtLeast } from '../../shared/domain/gate.ts';
import { behaviourGates } from '../../shared/domain/gate-behaviour.ts';
import { calibrationGates } from '../../shared/domain/gate-calibration.ts';
import { latencyGate, sizeGate } from '../../shared/domain/gate-cost.ts';
import { parityGate } from '../../shared/domain/gate-parity.ts';
import { performanceGates } from '../../shared/domain/gate-performance.ts';
import { precisionGate } from '../../shared/domain/gate-precision.ts';
import { sliceGates } from '../../shared/domain/gate-slices.ts';
import { blockingGates, runGates } from '../../shared/domain/gates.ts';
import { hasCartRule } from '../../shared/domain/has-cart-rule.ts';
import { additiveArtifact, composeModel, verifyFolder } from '../../shared/domain/model-folder.ts';
import { modelInputs, PrefixReplay, type PrefixRows } from '../../shared/domain/prefix-rows.ts';
import { openModel, type ScoringModel } from '../../shared/domain/registered-model.ts';
import { ServingSample } from '../../shared/domain/serving-sample.ts';
import { catalogue, definitionDigests } from '../../shared/features/catalogue.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import type { Gate } from '../../shared/schemas/model.ts';
import { shopTraffic } from './events.ts';

const inputs = modelInputs(catalogue());
const sample = new ServingSample(seededRandom(1));
const replay = new PrefixReplay(inputs, 'UTC', sample.offer.bind(sample));
for (const event of shopTraffic(7, 1500, 14)) replay.add(event);
const rows = replay.finish();
const states = sample.states().slice(0, 100);
const usable = Uint32Array.from(rows.censored.keys()).filter((row) => rows.censored[row] === 0);
const index = (name: string) => inputs.findIndex((input) => input.name === name);
const isMobile = (row: number) =>
  rows.categories[index('device_type')]?.[rows.value(row, index('device_type'))] === 'mobile';
const hasCart = (row: number) => rows.value(row, index('cart_product_count')) > 0;

/** Probabilities near the truth of the traffic. */
const truth = (row: number) => (hasCart(row) ? 0.45 : 0.15) * (isMobile(row) ? 0.2 : 1);
const cart = (row: number) => (hasCart(row) ? 0.3 : 0.1);
const noise = seededRandom(9);

function evaluated(models: Readonly<Record<string, (row: number) => number>>): Evaluation {
  const predictions = new Map(
    Object.entries(models).map(([name, score]) => [name, Float64Array.from(usable, score)]),
  );
  return evaluate(rows, usable, predictions, { seed: 1, seenUnits: new Set() });
}

const verdicts = (gates: readonly Gate[]) =>
  Object.fromEntries(gates.map(({ name, verdict }) => [name, verdict]));

describe('a verdict', () => {
  const measured = (value: number | null, lower: number | null, upper: number | null) => ({
    value,
    lower,
    upper,
  });

  test.each([
    [measured(0.2, 0.1, 0.3), 'pass'],
    [measured(0.2, -0.1, 0.5), 'not-enough-data'],
    [measured(-0.1, -0.2, 0.1), 'fail'],
    [measured(null, null, null), 'not-enough-data'],
    [measured(0.2, null, null), 'not-enough-data'],
  ] as const)('of a benefit %j above 0 is %s', (value, verdict) => {
    expect(provenAtLeast(0, value)).toBe(verdict);
  });

  test.each([
    [measured(0.04, 0.01, 0.09), 'pass'],
    [measured(0.06, 0.04, 0.09), 'not-enough-data'],
    [measured(0.09, 0.06, 0.12), 'fail'],
    [measured(null, null, null), 'not-enough-data'],
  ] as const)('of a harm %j at most .05 is %s', (value, verdict) => {
    expect(harmAtMost(0.05, value)).toBe(verdict);
  });

  test('keeps a model out where it fails, or where a required pass is missing', () => {
    const gate = (verdict: Gate['verdict'], required: boolean) =>
      ({ ...sizeGate(1), verdict, required }) as Gate;
    const [open, fails, unproven] = [
      gate('not-enough-data', false),
      gate('fail', false),
      gate('not-enough-data', true),
    ];
    expect(blockingGates([gate('pass', true), open, fails, unproven])).toEqual([fails, unproven]);
  });
});

describe('ranking', () => {
  const evaluation = evaluated({
    'has-cart': cart,
    twin: cart,
    good: truth,
    chance: () => noise(),
  });

  test('better than another model passes, worse fails, equal is no gain', () => {
    const against = (candidate: string, tolerance: number) =>
      verdicts(performanceGates(evaluation, candidate, [{ model: 'has-cart', tolerance }]));
    expect(against('good', 0)['auc-over-has-cart']).toBe('pass');
    expect(against('chance', 0)['auc-over-has-cart']).toBe('fail');
    expect(against('chance', 0.01)['average-precision-over-has-cart']).toBe('fail');
    expect(against('twin', 0.01)['auc-over-has-cart']).toBe('pass');
  });

  test('with a handful of buyers is not judged', () => {
    const few = { ...evaluation, buyingSessions: 19 };
    const [gate] = performanceGates(few, 'good', [{ model: 'has-cart', tolerance: 0 }]);
    expect(gate?.verdict).toBe('not-enough-data');
    expect(blockingGates([gate as Gate])).toHaveLength(1);
  });
});

describe('calibration', () => {
  test.each([
    ['the truth', truth, 'pass'],
    ['half as much again and more', (row: number) => truth(row) * 1.9 + 0.1, 'fail'],
  ] as const)('of %s', (_, score, verdict) => {
    const [error] = calibrationGates(evaluated({ model: score }), 'model');
    expect(error?.verdict).toBe(verdict);
  });

  test('overconfidence has a slope far below 1', () => {
    const extreme = (row: number) => 1 / (1 + ((1 - truth(row)) / truth(row)) ** 3);
    const gates = calibrationGates(evaluated({ model: extreme }), 'model');
    expect(verdicts(gates)['calibration-slope']).toBe('fail');
  });
});

describe('precision of high scores', () => {
  const oracle = (least: number) => (row: number) =>
    rows.label[row] === 1 ? least : Math.min(0.05, least);

  test('passes at 0.9 where nearly all of those buy', () => {
    const { gate, confidentFrom } = precisionGate(evaluated({ model: oracle(0.95) }), 'model', 1);
    expect(gate).toMatchObject({ verdict: 'pass', value: 1 });
    expect(confidentFrom).toBe(0.1);
  });

  test('records a lower score where none reaches 0.9', () => {
    const { gate, confidentFrom } = precisionGate(evaluated({ model: oracle(0.62) }), 'model', 1);
    expect(gate.verdict).toBe('pass');
    expect(gate.detail).toMatch(/at score 0.1,/);
    expect(confidentFrom).toBe(0.1);
  });

  test('fails where high scores are often wrong', () => {
    const { gate, confidentFrom } = precisionGate(evaluated({ model: () => 0.95 }), 'model', 1);
    expect(gate.verdict).toBe('fail');
    expect(confidentFrom).toBeNull();
  });

  test('is open where no score is sure', () => {
    const { gate } = precisionGate(evaluated({ model: () => 0.01 }), 'model', 1);
    expect(gate).toMatchObject({ verdict: 'not-enough-data', value: null });
  });
});

describe('slices', () => {
  const harmed = (row: number) => (isMobile(row) ? 0.3 - cart(row) : truth(row));

  test('a slice that the model serves worse than the one before fails it', () => {
    const gates = sliceGates(evaluated({ before: cart, after: harmed }), 'after', 'before', 1);
    const found = verdicts(gates);
    expect(found['slice-drop:device_type']).toBe('fail');
    expect(found['slice-disparity:device_type']).toBe('fail');
    expect(gates.find(({ name }) => name === 'slice-drop:device_type')?.detail).toContain('mobile');
  });

  test('the same model drops nowhere, and treats buyers of all devices alike', () => {
    const found = verdicts(sliceGates(evaluated({ a: cart, b: cart }), 'b', 'a', 1));
    expect(found['slice-drop:device_type']).toBe('pass');
    expect(found['slice-drop:known_or_anonymous']).toBe('pass');
    expect(found['disparate-impact:device_type']).not.toBe('fail');
  });

  test('scores that pass over the buyers of a device have disparate impact', () => {
    const found = verdicts(sliceGates(evaluated({ a: cart, b: truth }), 'b', 'a', 1));
    expect(found['disparate-impact:device_type']).toBe('fail');
  });
});

describe('behaviour, parity and cost', () => {
  const rule = openModel(hasCartRule(), definitionDigests());

  /** A rule that takes a full cart for a reason not to buy. */
  function against(): ScoringModel {
    const { version: _, kind: __, files: ___, ...manifest } = verifyFolder(hasCartRule());
    const model = {
      kind: 'rule' as const,
      rules: [{ feature: 'cart_product_count', at_least: 1, probability: 0.01 }],
      otherwise: 0.3,
    };
    const parts = { manifest, artifact: additiveArtifact(model), card: '' };
    return openModel(composeModel('2026-03-01', parts), definitionDigests());
  }

  test('the rule passes', () => {
    const gates = behaviourGates(rule, rows, states, 'UTC', 1);
    expect(new Set(gates.map(({ verdict }) => verdict))).toEqual(new Set(['pass']));
  });

  test('a cart that lowers the score fails, by its constraint and by the event', () => {
    const found = verdicts(behaviourGates(against(), rows, states, 'UTC', 1));
    expect(found).toMatchObject({
      'one-more-cart': 'fail',
      'one-more-cart-event': 'fail',
      'invariance-to-ids': 'pass',
    });
  });

  test('noise that the score magnifies fails', () => {
    const nervous: ScoringModel = {
      ...rule,
      features: ['session_duration_seconds', 'mean_price_viewed'],
      score: (values) => ({
        margin: 0,
        probability: (Number(values[0]) * 1000 + Number(values[1]) * 1000) % 1,
      }),
    };
    const found = verdicts(behaviourGates(nervous, rows, states, 'UTC', 1));
    expect(found['small-noise']).toBe('fail');
  });

  test('every training value is what the stored items give; one that is not fails', () => {
    const wide: ScoringModel = { ...rule, features: inputs.map(({ name }) => name) };
    expect(parityGate(wide, rows, states, 'UTC')).toMatchObject({ verdict: 'pass', value: 0 });
    const skewed: PrefixRows = {
      ...rows,
      vector: (row, features) =>
        rows.vector(row, features).map((value) => (typeof value === 'number' ? value + 1 : value)),
    };
    expect(parityGate(wide, skewed, states, 'UTC').verdict).toBe('fail');
    expect(parityGate(wide, rows, [], 'UTC').verdict).toBe('not-enough-data');
  });

  test.each([
    [10, 'pass'],
    [90, 'fail'],
  ])('a scorer %d times as slow as decoding: %s', (ratio, verdict) => {
    let calls = 0;
    let now = 0;
    // Begin and end of scoring, begin and end of decoding, over and over.
    const stopwatch = () => (now += [0, ratio, 0, 1][calls++ % 4] as number);
    const latency = latencyGate(rule, [[1]], stopwatch);
    expect(latency.gate).toMatchObject({ verdict, value: null });
    expect(latency.ratio).toBe(ratio);
  });

  test('size is counted', () => {
    expect(sizeGate(5_000_000).verdict).toBe('pass');
    expect(sizeGate(5_000_001).verdict).toBe('fail');
  });

  test('a champion that cannot be opened fails the candidate and is named', () => {
    const { gates } = runGates({
      evaluation: evaluated({ 'has-cart': cart, good: truth }),
      candidate: 'good',
      simpler: null,
      champion: { version: '2026-01-01-abc', problem: 'ModelDigestMismatch: forest.bin' },
      model: rule,
      bytes: 100,
      rows,
      states,
      timeZone: 'UTC',
      seed: 1,
      stopwatch: () => 0,
    });
    const [first] = blockingGates(gates);
    expect(first).toMatchObject({ name: 'auc-over-champion', verdict: 'fail' });
    expect(first?.detail).toContain('2026-01-01-abc');
    expect(first?.detail).toContain('ModelDigestMismatch');
  });
});
