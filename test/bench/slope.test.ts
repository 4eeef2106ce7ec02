import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slopeOf } from '../../bench/slope.ts';

test('of points on a line it is the slope of that line', () => {
  const coordinate = fc.integer({ min: -1000, max: 1000 });
  fc.assert(
    fc.property(coordinate, coordinate, (slope, offset) => {
      const points = [0, 1, 2, 5].map((x) => [x, slope * x + offset] as const);
      expect(slopeOf(points)).toBeCloseTo(slope, 6);
    }),
  );
});

test('noise on both sides cancels out', () => {
  expect(
    slopeOf([
      [0, 1],
      [0, -1],
      [1, 3],
      [1, 1],
    ]),
  ).toBe(2);
});
