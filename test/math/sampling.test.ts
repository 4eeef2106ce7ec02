import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { averagePrecision } from '../../shared/math/average-precision.ts';
import { clusterBootstrap } from '../../shared/math/cluster-bootstrap.ts';
import { rankClusters } from '../../shared/math/clustered-ranking.ts';
import { drawnSum, sumByCluster } from '../../shared/math/clustered-sums.ts';
import { descendingOrder } from '../../shared/math/descending-order.ts';
import { type Interval, percentileInterval } from '../../shared/math/percentile-interval.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
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
  const meanOf = (values: readonly number[], clusterOf: readonly number[], clusters: number) => {
    const sums = sumByCluster(clusterOf, clusters, (row) => values[row] as number);
    const counts = sumByCluster(clusterOf, clusters, () => 1);
    return (drawn: Uint32Array) => [drawnSum(sums, drawn) / drawnSum(counts, drawn)];
  };
  const width = (draws: Float64Array | undefined) => {
    const { lower, upper } = percentileInterval(draws as Float64Array) as Interval;
    return upper - lower;
  };

  test('a mean of independent rows gets the interval of the central limit theorem', () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 2000 }, random);
    const mean = meanOf(values, [...values.keys()], 2000);
    const [draws] = clusterBootstrap(2000, mean, random, 1000);
    const halfWidth = (1.96 * Math.sqrt(1 / 12)) / Math.sqrt(2000);
    expectClose(width(draws), 2 * halfWidth, { rel: 0.1 });
  });

  test('rows that repeat within a cluster do not narrow the interval', () => {
    const users = Array.from({ length: 300 }, seededRandom(5));
    const widthOf = (copies: number) => {
      const values = users.flatMap((value) => Array.from({ length: copies }, () => value));
      const clusters = users.flatMap((_, user) => Array.from({ length: copies }, () => user));
      const [draws] = clusterBootstrap(300, meanOf(values, clusters, 300), seededRandom(9), 500);
      return width(draws);
    };
    expectClose(widthOf(10), widthOf(1), { rel: 1e-9 });
  });

  test('a statistic that is often undefined has no interval', () => {
    const [draws] = clusterBootstrap(2, () => [null], seededRandom(1), 20);
    expect(percentileInterval(draws as Float64Array)).toBeNull();
  });
});

test('a ranking of clusters measures as the rows repeated would', () => {
  const row = fc.record({
    score: fc.integer({ min: 0, max: 6 }),
    label: fc.constantFrom(0, 1),
    weight: fc.integer({ min: 1, max: 4 }),
    cluster: fc.nat({ max: 4 }),
  });
  const drawn = fc.array(fc.nat({ max: 3 }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), drawn, (rows, drawnTimes) => {
      const column = <Name extends keyof (typeof rows)[number]>(name: Name) =>
        rows.map((each) => each[name]);
      const scores = column('score');
      const labels = column('label');
      const ranked = rankClusters(
        descendingOrder(scores),
        scores,
        labels,
        column('cluster'),
        column('weight'),
      );
      const weights = rows.map(({ weight, cluster }) => weight * (drawnTimes[cluster] as number));
      const { auc, averagePrecision: precision } = ranked(drawnTimes);
      const close = (got: number | null, expected: number | null) =>
        expected === null
          ? expect(got).toBeNull()
          : expectClose(got as number, expected, { abs: 1e-12 });
      close(auc, rocAuc(scores, labels, weights));
      close(precision, averagePrecision(scores, labels, weights));
    }),
  );
});
