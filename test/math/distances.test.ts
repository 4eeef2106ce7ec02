import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jensenShannonDivergence } from '../../shared/math/jensen-shannon-divergence.ts';
import {
  populationStabilityIndex,
  stabilityLevel,
} from '../../shared/math/population-stability-index.ts';
import { wassersteinDistance } from '../../shared/math/wasserstein-distance.ts';
import { expectClose } from './close.ts';

const counts = fc
  .array(fc.integer({ min: 0, max: 50 }), { minLength: 5, maxLength: 5 })
  .filter((bins) => bins.some((count) => count > 0));
const sample = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 25 });

test('the index and the divergence are 0 of the same shares and the same both ways', () => {
  fc.assert(
    fc.property(counts, counts, (left, right) => {
      for (const distance of [
        (a: number[], b: number[]) => populationStabilityIndex(a, b).psi,
        jensenShannonDivergence,
      ]) {
        expect(distance(left, right)).toBeGreaterThanOrEqual(-1e-12);
        expectClose(distance(left, right), distance(right, left), { abs: 1e-9 });
        const doubled = left.map((count) => 2 * count);
        expectClose(distance(left, doubled), 0, { abs: 1e-12 });
      }
      expect(jensenShannonDivergence(left, right)).toBeLessThanOrEqual(Math.LN2 + 1e-12);
    }),
  );
});

test('moving a sample moves it by as much', () => {
  fc.assert(
    fc.property(sample, sample, fc.integer({ min: -30, max: 30 }), (a, b, shift) => {
      const moved = a.map((value) => value + shift);
      expectClose(wassersteinDistance(a, moved), Math.abs(shift), { abs: 1e-9 });
      expectClose(wassersteinDistance(a, b), wassersteinDistance(b, a), { abs: 1e-9 });
    }),
  );
});

test.each([
  [0.0999, 'none'],
  [0.1, 'moderate'],
  [0.2499, 'moderate'],
  [0.25, 'major'],
] as const)('an index of %f is %s shift', (psi, level) => {
  expect(stabilityLevel(psi)).toBe(level);
});
