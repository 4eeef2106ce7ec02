import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chiSquareGoodnessOfFit } from '../../shared/math/chi-square-goodness-of-fit.ts';
import { chiSquareIndependence } from '../../shared/math/chi-square-independence.ts';
import { kolmogorovSmirnov } from '../../shared/math/kolmogorov-smirnov.ts';
import { kolmogorovSmirnovExactPValue } from '../../shared/math/kolmogorov-smirnov-exact-p-value.ts';
import { kolmogorovSmirnovPValue } from '../../shared/math/kolmogorov-smirnov-p-value.ts';
import {
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  holm,
  sidak,
} from '../../shared/math/multiple-testing.ts';
import { expectClose } from './close.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const pValues = fc.array(share, { minLength: 1, maxLength: 30 });
const counts = (length: number) =>
  fc.array(fc.integer({ min: 1, max: 200 }), { minLength: length, maxLength: length });
const table = fc
  .tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 2, max: 5 }))
  .chain(([rows, columns]) => fc.array(counts(columns), { minLength: rows, maxLength: rows }));
const sample = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 });

const inUnitInterval = (value: number | undefined) => {
  expect(value).toBeGreaterThanOrEqual(0);
  expect(value).toBeLessThanOrEqual(1);
};

test('independence is the same of the transposed table, and never outside of [0, 1]', () => {
  fc.assert(
    fc.property(table, (rows) => {
      const transposed = (rows[0] as number[]).map((_, j) => rows.map((row) => row[j] as number));
      const [test, mirrored] = [chiSquareIndependence(rows), chiSquareIndependence(transposed)];
      for (const kind of ['pearson', 'likelihoodRatio'] as const) {
        inUnitInterval(test?.[kind].pValue);
        expectClose(test?.[kind].statistic, mirrored?.[kind].statistic as number, {
          abs: 1e-9,
          rel: 1e-9,
        });
      }
      inUnitInterval(test?.cramersV);
      if (test?.yates)
        expect(test.yates.statistic).toBeLessThanOrEqual(test.pearson.statistic + 1e-12);
    }),
  );
});

test('rows in proportion are independent, rows without a common column fully dependent', () => {
  const proportional = chiSquareIndependence([
    [2, 4, 6],
    [3, 6, 9],
  ]);
  expectClose(proportional?.pearson.statistic, 0, { abs: 1e-12 });
  expectClose(proportional?.pearson.pValue ?? 0, 1, { abs: 1e-9 });
  const separate = chiSquareIndependence([
    [50, 0],
    [0, 70],
  ]);
  expectClose(separate?.cramersV, 1, { abs: 1e-12 });
});

test('an empty row or column has no test', () => {
  expect(
    chiSquareIndependence([
      [1, 2],
      [0, 0],
    ]),
  ).toBeNull();
  expect(
    chiSquareIndependence([
      [1, 0],
      [3, 0],
    ]),
  ).toBeNull();
});

test('the fit to equal shares is the statistic of one table row against its mean', () => {
  fc.assert(
    fc.property(counts(4), (observed) => {
      const { statistic, pValue, expectedCounts } = chiSquareGoodnessOfFit(observed, [1, 1, 1, 1]);
      const mean = observed.reduce((sum, one) => sum + one, 0) / 4;
      expect(expectedCounts).toEqual([mean, mean, mean, mean]);
      const squares = observed.reduce((sum, one) => sum + (one - mean) ** 2, 0);
      expectClose(statistic, squares / mean, { rel: 1e-12 });
      inUnitInterval(pValue);
    }),
  );
});

test('the p-values of Kolmogorov and Smirnov are in [0, 1] and do not tell the samples apart', () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const statistic = kolmogorovSmirnov(a, b);
      expect(kolmogorovSmirnov(b, a)).toBe(statistic);
      const exact = kolmogorovSmirnovExactPValue(statistic, a.length, b.length);
      expectClose(kolmogorovSmirnovExactPValue(statistic, b.length, a.length), exact, {
        abs: 1e-12,
      });
      for (const p of [exact, kolmogorovSmirnovPValue(statistic, a.length, b.length)]) {
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1 + 1e-12);
      }
    }),
  );
});

test('procedures that promise more adjust more, and none leaves [p, 1]', () => {
  const atMost = (smaller: readonly number[], larger: readonly number[]) => {
    for (const [test, p] of smaller.entries())
      expect(p).toBeLessThanOrEqual((larger[test] as number) + 1e-12);
  };
  fc.assert(
    fc.property(pValues, (family) => {
      const rate = benjaminiHochberg(family);
      atMost(family, rate);
      atMost(rate, benjaminiYekutieli(family));
      atMost(rate, holm(family));
      atMost(holm(family), bonferroni(family));
      atMost(family, sidak(family));
      atMost(sidak(family), bonferroni(family));
      for (const adjusted of [benjaminiYekutieli(family), bonferroni(family)])
        atMost(
          adjusted,
          family.map(() => 1),
        );
    }),
  );
});

test.each([
  ['bonferroni', bonferroni],
  ['sidak', sidak],
  ['holm', holm],
  ['benjaminiHochberg', benjaminiHochberg],
  ['benjaminiYekutieli', benjaminiYekutieli],
])('%s keeps the order of the tests, whatever order they come in', (_, adjust) => {
  fc.assert(
    fc.property(pValues, (family) => {
      const ascending = adjust(family.toSorted((a, b) => a - b));
      expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
      const shuffled = adjust(family).toSorted((a, b) => a - b);
      for (const [rank, p] of shuffled.entries())
        expectClose(p, ascending[rank] as number, { abs: 1e-12 });
    }),
  );
});
