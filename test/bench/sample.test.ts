import { expect, test } from 'vitest';
import { percentile, ratioOf, sampleOf } from '../../bench/sample.ts';

test('a sample keeps the extremes and the median of its rounds, in whatever order they came', () => {
  expect(sampleOf([30, 10, 40, 20])).toEqual({ min: 10, median: 25, max: 40, rounds: 4 });
});

test.each([
  [0, 1],
  [0.5, 3],
  [0.95, 4.8],
  [1, 5],
])('percentile %d of 1 to 5 is %d', (p, value) => {
  expect(percentile([5, 3, 1, 4, 2], p)).toBeCloseTo(value, 12);
});

test('a ratio compares round with round, so a slow moment that hits both cancels', () => {
  expect(ratioOf([10, 20, 1000], [5, 10, 500])).toEqual({ min: 2, median: 2, max: 2, rounds: 3 });
});
