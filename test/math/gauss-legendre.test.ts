import { describe, expect, test } from 'vitest';
import { gaussLegendre } from '../../shared/math/gauss-legendre.ts';

describe.each([1, 2, 3, 8, 31])('gaussLegendre(%i)', (points) => {
  const { nodes, weights } = gaussLegendre(points);

  test('integrates every power below twice its points exactly', () => {
    for (let power = 0; power < 2 * points; power++) {
      const integral = nodes.reduce((sum, x, at) => sum + (weights[at] as number) * x ** power, 0);
      expect(integral).toBeCloseTo(1 / (power + 1), 14);
    }
  });

  test('has its nodes inside (0, 1) and positive weights', () => {
    expect(Math.min(...nodes, ...weights)).toBeGreaterThan(0);
    expect(Math.max(...nodes)).toBeLessThan(1);
  });
});
