import { describe, expect, test } from 'vitest';
import { clusterBootstrap } from '../../shared/math/cluster-bootstrap.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import { expectClose } from './close.ts';

describe('seededRandom', () => {
  test('repeats itself for a seed and differs between seeds', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7)).not.toEqual(draw(7 + 2 ** 32));
  });

  test('fills [0, 1) evenly', () => {
    const random = seededRandom(1);
    const bins = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 100_000; draw++) {
      const bin = Math.floor(random() * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    expect(bins).toHaveLength(10);
    // Chi-square with 9 degrees of freedom: 27.9 is the .999 quantile.
    const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(27.9);
  });
});

describe('clusterBootstrap', () => {
  const mean = (values: readonly number[]) => (multiplicity: Float64Array) => {
    const total = multiplicity.reduce((sum, count) => sum + count, 0);
    return [
      total > 0
        ? values.reduce((sum, value, row) => sum + value * (multiplicity[row] as number), 0) / total
        : null,
    ];
  };

  test('a mean of independent rows gets the interval of the central limit theorem', () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 2000 }, random);
    const clusters = values.map((_, row) => row);
    const [interval] = clusterBootstrap(clusters, 2000, mean(values), random, 1000);
    const halfWidth = (1.96 * Math.sqrt(1 / 12)) / Math.sqrt(2000);
    expectClose((interval?.upper as number) - (interval?.lower as number), 2 * halfWidth, {
      rel: 0.1,
    });
  });

  test('rows that repeat within a cluster do not narrow the interval', () => {
    const users = Array.from({ length: 300 }, seededRandom(5));
    const width = (copies: number) => {
      const values = users.flatMap((value) => Array.from({ length: copies }, () => value));
      const clusters = users.flatMap((_, user) => Array.from({ length: copies }, () => user));
      const [interval] = clusterBootstrap(clusters, 300, mean(values), seededRandom(9), 500);
      return (interval?.upper as number) - (interval?.lower as number);
    };
    expectClose(width(10), width(1), { rel: 1e-9 });
  });

  test('a statistic that is often undefined has no interval', () => {
    const [interval] = clusterBootstrap([0, 1], 2, () => [null], seededRandom(1), 20);
    expect(interval).toBeNull();
  });
});
