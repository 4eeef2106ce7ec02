import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isotonicRegression, isotonicValue } from '../../shared/math/isotonic-regression.ts';
import { expectClose } from './close.ts';

const rows = fc.array(
  fc.record({
    x: fc.integer({ min: 0, max: 12 }),
    y: fc.integer({ min: -8, max: 8 }),
    weight: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 40 },
);

const fitOf = (sample: readonly { x: number; y: number; weight: number }[], increasing = true) =>
  isotonicRegression(
    sample.map(({ x }) => x),
    sample.map(({ y }) => y),
    sample.map(({ weight }) => weight),
    increasing,
  );

test('the fit is monotone, and its weighted mean is that of the rows', () => {
  fc.assert(
    fc.property(rows, fc.boolean(), (sample, increasing) => {
      fc.pre(sample.some(({ weight }) => weight > 0));
      const fit = fitOf(sample, increasing);
      const values = Array.from({ length: 13 }, (_, x) => isotonicValue(fit, x));
      const sorted = values.toSorted((a, b) => (increasing ? a - b : b - a));
      expect(values).toEqual(sorted);
      const sum = (of: (row: (typeof sample)[number]) => number) =>
        sample.reduce((total, row) => total + row.weight * of(row), 0);
      expectClose(
        sum(({ x }) => isotonicValue(fit, x)),
        sum(({ y }) => y),
        { abs: 1e-9 },
      );
    }),
  );
});

test('an integer weight equals that many copies of the row', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      fc.pre(sample.some(({ weight }) => weight > 0));
      const copies = sample.flatMap((row) =>
        Array.from({ length: row.weight }, () => ({ ...row, weight: 1 })),
      );
      const [weighted, repeated] = [fitOf(sample), fitOf(copies)];
      for (let x = -1; x <= 13; x += 0.5)
        expectClose(isotonicValue(weighted, x), isotonicValue(repeated, x), { abs: 1e-9 });
    }),
  );
});
