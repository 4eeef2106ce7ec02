import fc from 'fast-check';
import { expect, test } from 'vitest';
import { baseRate } from '../../shared/math/base-rate.ts';
import { confusionMatrix, confusionRatios } from '../../shared/math/confusion-matrix.ts';
import { fairnessGaps, ratesByGroup, selectionRatios } from '../../shared/math/group-fairness.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
import { rocCurve } from '../../shared/math/roc-curve.ts';
import { topFraction } from '../../shared/math/top-fraction.ts';
import { expectClose } from './close.ts';

const rows = fc.array(
  fc.record({
    score: fc.integer({ min: 0, max: 8 }).map((step) => step / 8),
    label: fc.constantFrom(0, 1),
    group: fc.constantFrom('a', 'b', 'c'),
  }),
  { minLength: 1, maxLength: 50 },
);
type Rows = readonly { score: number; label: number; group: string }[];
const scoresOf = (sample: Rows) => sample.map(({ score }) => score);
const labelsOf = (sample: Rows) => sample.map(({ label }) => label);
const groupsOf = (sample: Rows) => sample.map(({ group }) => group);

test('a map that keeps the order of the scores keeps the area, one that turns it mirrors it', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const labels = labelsOf(sample);
      const auc = rocAuc(scoresOf(sample), labels);
      const mapped = (map: (score: number) => number) => rocAuc(scoresOf(sample).map(map), labels);
      expect(mapped((score) => Math.exp(3 * score) - 7)).toBe(auc);
      expectClose(
        mapped((score) => -score),
        auc === null ? null : 1 - auc,
        { abs: 1e-12 },
      );
    }),
  );
});

test('the trapezoids under the curve have the area', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const curve = rocCurve(scoresOf(sample), labelsOf(sample));
      let area = 0;
      for (const [index, point] of (curve ?? []).slice(1).entries()) {
        const before = curve?.[index] as typeof point;
        const width = point.falsePositiveRate - before.falsePositiveRate;
        area += (width * (point.truePositiveRate + before.truePositiveRate)) / 2;
      }
      expectClose(curve && area, rocAuc(scoresOf(sample), labelsOf(sample)), { abs: 1e-12 });
    }),
  );
});

test('a matrix counts every row once, and its ratios are shares or undefined', () => {
  fc.assert(
    fc.property(rows, fc.double({ min: -0.1, max: 1.1, noNaN: true }), (sample, threshold) => {
      const matrix = confusionMatrix(scoresOf(sample), labelsOf(sample), threshold);
      const cells = Object.values(matrix).reduce((sum, cell) => sum + cell, 0);
      expect(cells).toBe(sample.length);
      const { matthewsCorrelation, ...shares } = confusionRatios(matrix);
      for (const share of Object.values(shares))
        if (share !== null) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
      expect(Math.abs(matthewsCorrelation ?? 0)).toBeLessThanOrEqual(1 + 1e-12);
    }),
  );
});

test('weights of a matrix are its cells', () => {
  expect(confusionMatrix([0.9, 0.9, 0.1, 0.1], [1, 0, 1, 0], 0.5, [2, 3, 5, 7])).toEqual({
    truePositives: 2,
    falsePositives: 3,
    falseNegatives: 5,
    trueNegatives: 7,
  });
});

test('all rows lift nothing', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const rate = baseRate(labelsOf(sample)) as number;
      const top = topFraction(scoresOf(sample), labelsOf(sample), 1);
      expect(top.k).toBe(sample.length);
      expectClose(top.precision, rate, { abs: 1e-12 });
      expectClose(top.lift, rate === 0 ? null : 1, { abs: 1e-12 });
      expectClose(top.recall, rate === 0 ? null : 1, { abs: 1e-12 });
    }),
  );
});

test('groups add up to all rows; alike, they have no gap', () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), (sample, threshold) => {
      const all = [groupsOf(sample), scoresOf(sample), labelsOf(sample)] as const;
      const rates = ratesByGroup(...all, threshold);
      const selected = [...rates.values()].reduce((sum, g) => sum + g.count * g.selectionRate, 0);
      expectClose(selected, sample.filter(({ score }) => score >= threshold).length, { abs: 1e-9 });
      const gaps = fairnessGaps(rates.values());
      if (gaps.disparateImpact !== null) {
        expect(gaps.disparateImpact).toBeGreaterThanOrEqual(0);
        expect(gaps.disparateImpact).toBeLessThanOrEqual(1);
        expect(gaps.fourFifthsRule).toBe(gaps.disparateImpact >= 0.8);
      }
      const [one] = rates.values();
      if (one === undefined) return;
      expect(fairnessGaps([one, one])).toMatchObject({
        demographicParity: 0,
        disparateImpact: one.selectionRate === 0 ? null : 1,
      });
    }),
  );
});

test('nobody selected in the reference group leaves nothing to compare with', () => {
  const rates = ratesByGroup(['a', 'b'], [0.1, 0.9], [0, 1], 0.5);
  const [reference] = rates.values();
  if (reference === undefined) return expect.unreachable();
  expect([...selectionRatios(rates, reference).values()]).toEqual([null, null]);
});
