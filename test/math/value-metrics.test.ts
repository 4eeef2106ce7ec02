import fc from 'fast-check';
import { expect, test } from 'vitest';
import { captureGini } from '../../shared/math/capture-gini.ts';
import { decileTable, topDecileCapture } from '../../shared/math/decile-table.ts';
import { kendallTauB } from '../../shared/math/kendall-tau-b.ts';
import { giniCoefficient, lorenzCurve } from '../../shared/math/lorenz-curve.ts';
import {
  meanAbsoluteError,
  rootMeanSquaredError,
  tweedieDeviance,
} from '../../shared/math/regression-metrics.ts';
import { quintileScores } from '../../shared/math/rfm-scores.ts';
import { spearmanCorrelation } from '../../shared/math/spearman-correlation.ts';
import { quantileTiers } from '../../shared/math/value-tiers.ts';
import { expectClose } from './close.ts';

const rows = fc.array(
  fc.record({
    predicted: fc.integer({ min: 1, max: 30 }),
    actual: fc.integer({ min: 0, max: 40 }),
    count: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 40 },
);
const values = fc
  .array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 40 })
  .filter((all) => all.some((value) => value > 0));
type Rows = readonly { predicted: number; actual: number; count: number }[];
const predictedOf = (sample: Rows) => sample.map(({ predicted }) => predicted);
const actualOf = (sample: Rows) => sample.map(({ actual }) => actual);

test.each([
  ['spearmanCorrelation', (a: number[], b: number[]) => spearmanCorrelation(a, b)()],
  ['kendallTauB', kendallTauB],
  ['captureGini', (a: number[], b: number[]) => captureGini(a, b)()],
])('%s only sees the order of the predictions, and mirrors with it', (_, metric) => {
  fc.assert(
    fc.property(rows, (sample) => {
      const [predicted, actual] = [predictedOf(sample), actualOf(sample)];
      const plain = metric(predicted, actual);
      const mapped = (map: (value: number) => number) => metric(predicted.map(map), actual);
      expectClose(
        mapped((value) => value ** 3 + 7),
        plain,
        { abs: 1e-12 },
      );
      expectClose(
        mapped((value) => -value),
        plain === null ? null : -plain,
        { abs: 1e-12 },
      );
    }),
  );
});

test('rank correlations are in [−1, 1] and the same both ways', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const [predicted, actual] = [predictedOf(sample), actualOf(sample)];
      for (const metric of [
        (a: number[], b: number[]) => spearmanCorrelation(a, b)(),
        kendallTauB,
      ]) {
        const correlation = metric(predicted, actual);
        expectClose(metric(actual, predicted), correlation, { abs: 1e-12 });
        expect(Math.abs(correlation ?? 0)).toBeLessThanOrEqual(1 + 1e-12);
      }
    }),
  );
});

test.each([
  ['spearmanCorrelation', spearmanCorrelation],
  ['captureGini', captureGini],
])('%s counts a row as often as it is told', (_, metric) => {
  fc.assert(
    fc.property(rows, (sample) => {
      const copies = sample.flatMap((row) => Array.from({ length: row.count }, () => row));
      fc.pre(copies.length > 0);
      const counted = metric(
        predictedOf(sample),
        actualOf(sample),
      )(sample.map(({ count }) => count));
      expectClose(counted, metric(predictedOf(copies), actualOf(copies))(), { abs: 1e-12 });
    }),
  );
});

test('no ranking captures more than that by the values themselves, which is their Gini', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const [predicted, actual] = [predictedOf(sample), actualOf(sample)];
      const perfect = captureGini(actual, actual)();
      expectClose(perfect, giniCoefficient(actual), { abs: 1e-12 });
      if (perfect === null) return;
      expect(captureGini(predicted, actual)()).toBeLessThanOrEqual(perfect + 1e-12);
    }),
  );
});

test('the Lorenz curve rises, bends upwards, and leaves the Gini above it', () => {
  fc.assert(
    fc.property(values, (sample) => {
      const curve = lorenzCurve(sample);
      let [area, before] = [0, 0];
      for (const [index, [share, held]] of curve.slice(1).entries()) {
        const [lastShare, lastHeld] = curve[index] as readonly [number, number];
        const slope = (held - lastHeld) / (share - lastShare);
        expect(slope).toBeGreaterThanOrEqual(before - 1e-9);
        before = slope;
        area += ((share - lastShare) * (held + lastHeld)) / 2;
      }
      expectClose(curve.at(-1)?.[1], 1, { abs: 1e-12 });
      expectClose(giniCoefficient(sample), 1 - 2 * area, { abs: 1e-9 });
    }),
  );
});

test('deciles hold every row once, in falling order of prediction', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const [predicted, actual] = [predictedOf(sample), actualOf(sample)];
      const deciles = decileTable(predicted, actual);
      const sum = (of: (decile: (typeof deciles)[number]) => number) =>
        deciles.reduce((total, decile) => total + of(decile), 0);
      const total = actual.reduce((all, one) => all + one, 0);
      expect(sum(({ count }) => count)).toBe(sample.length);
      expectClose(
        sum(({ count, meanActual }) => count * meanActual),
        total,
        { abs: 1e-9 },
      );
      const means = deciles.map(({ meanPredicted }) => meanPredicted);
      expect(means).toEqual(means.toSorted((a, b) => b - a));
      const captured = topDecileCapture(predicted, actual);
      expect(captured === null).toBe(total === 0);
      expect(captured ?? 0).toBeLessThanOrEqual(1);
    }),
  );
});

test('errors are 0 of exact predictions alone, and the mean error at most the root of squares', () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 1.05, max: 1.95, noNaN: true }), (sample, power) => {
      const [predicted, actual] = [predictedOf(sample), actualOf(sample)];
      expectClose(tweedieDeviance(predicted, predicted, power), 0, { abs: 1e-9 });
      const exact = predicted.every((one, row) => one === actual[row]);
      if (!exact) expect(tweedieDeviance(predicted, actual, power)).toBeGreaterThan(1e-6);
      expect(meanAbsoluteError(predicted, actual)).toBeLessThanOrEqual(
        rootMeanSquaredError(predicted, actual) + 1e-12,
      );
    }),
  );
});

test('quintile scores are 1 to 5 and follow the values, reversed where smaller is better', () => {
  fc.assert(
    fc.property(values, (sample) => {
      const [scores, reversed] = [quintileScores(sample), quintileScores(sample, true)];
      const order = sample.map((_, row) => row).sort((a, b) => (sample[a] ?? 0) - (sample[b] ?? 0));
      const inOrder = (all: readonly number[]) => order.map((row) => all[row] as number);
      expect(inOrder(scores)).toEqual(scores.toSorted((a, b) => a - b));
      expect(inOrder(reversed)).toEqual(reversed.toSorted((a, b) => b - a));
      for (const score of [...scores, ...reversed]) expect([1, 2, 3, 4, 5]).toContain(score);
    }),
  );
});

test('a higher value is never in a lower tier, and nothing is bronze', () => {
  const ladder = ['bronze', 'silver', 'gold', 'platinum'];
  fc.assert(
    fc.property(values, (sample) => {
      const { tiers } = quantileTiers(sample);
      for (const [row, value] of sample.entries()) {
        if (value === 0) expect(tiers[row]).toBe('bronze');
        for (const [other, smaller] of sample.entries())
          if (smaller <= value)
            expect(ladder.indexOf(tiers[other] as string)).toBeLessThanOrEqual(
              ladder.indexOf(tiers[row] as string),
            );
      }
    }),
  );
});
