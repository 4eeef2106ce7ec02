import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateClv } from '../../shared/domain/clv-evaluation.ts';
import { seasonFactor, seasonProfile } from '../../shared/domain/clv-season.ts';
import { clvCutPoints, clvTier } from '../../shared/domain/clv-tiers.ts';
import { captureGini } from '../../shared/math/capture-gini.ts';
import { spearmanCorrelation } from '../../shared/math/spearman-correlation.ts';

const values = fc
  .array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 60 })
  .map((list) => Float64Array.from(list));

describe('metrics of predicted values', () => {
  const actual = Float64Array.of(0, 0, 5, 20, 3, 0, 100);
  const worse = Float64Array.of(1, 1, 1, 1, 1, 1, 1);

  test('the truth itself is perfect, and better than no ranking beyond chance in all of it', () => {
    const { models, differences, customers, buyers, total } = evaluateClv(
      new Map([
        ['truth', actual],
        ['constant', worse],
      ]),
      actual,
      1,
    );
    expect({ customers, buyers, total }).toEqual({ customers: 7, buyers: 4, total: 128 });
    const metrics = models.get('truth');
    expect(metrics?.gini.value).toBeCloseTo(1, 12);
    expect(metrics?.spearman.value).toBeCloseTo(1, 12);
    expect(metrics).toMatchObject({
      mae: { value: 0 },
      rmse: { value: 0 },
      total_bias: { value: 0 },
    });
    expect(models.get('constant')?.gini.value).toBeCloseTo(0, 12);
    expect(models.get('constant')?.spearman.value).toBeNull();
    expect(models.get('constant')?.total_bias.value).toBeCloseTo(7 / 128 - 1, 12);
    expect(differences.get('constant')?.mae.value).toBeCloseTo(-127 / 7, 12);
  });

  test('rows that count several times are as rows repeated', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(3)), { minLength: 1, maxLength: 30 }),
        (rows) => {
          const repeated = rows.flatMap(([score, value, count]) =>
            Array.from({ length: count }, () => [score, value] as const),
          );
          const counts = rows.map(([, , count]) => count);
          for (const metric of [captureGini, spearmanCorrelation]) {
            const counted = metric(
              rows.map(([score]) => score),
              rows.map(([, value]) => value),
            )(counts);
            const plain = metric(
              repeated.map(([score]) => score),
              repeated.map(([, value]) => value),
            )();
            if (plain === null) expect(counted).toBeNull();
            else expect(counted).toBeCloseTo(plain, 9);
          }
        },
      ),
    );
  });
});

describe('tiers', () => {
  test('a higher value never has a lower tier, and nothing is Low', () => {
    fc.assert(
      fc.property(values, (list) => {
        const cuts = clvCutPoints(list);
        expect(cuts.high).toBeGreaterThanOrEqual(cuts.medium);
        const rank = { low: 0, medium: 1, high: 2 };
        const ranks = [...list].sort((a, b) => a - b).map((value) => rank[clvTier(value, cuts)]);
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
        expect(clvTier(0, cuts)).toBe('low');
      }),
    );
  });

  test('the best hold 60 % of the value, the cut points have two digits', () => {
    const list = Float64Array.of(604, 203, 101, 52, 40);
    const cuts = clvCutPoints(list);
    expect(cuts).toEqual({ high: 600, medium: 100 });
    expect([...list].map((value) => clvTier(value, cuts))).toEqual([
      'high',
      'medium',
      'medium',
      'low',
      'low',
    ]);
  });
});

describe('the season', () => {
  const day = 86_400_000;
  const order = (at: number, value: number) => ({
    at: at * day,
    value,
    products: [0],
    units: 1,
    cancelled: [],
  });
  const shop = (orders: readonly ReturnType<typeof order>[]) => ({
    from: 0,
    customers: [{ id: 'x', country: null, orders, cancellations: [] }],
  });

  test('is how the same days sold a year ago, against the year', () => {
    const steady = Array.from({ length: 400 }, (_, at) => order(at, at >= 35 && at < 45 ? 3 : 1));
    expect(seasonFactor(seasonProfile(shop(steady), 400 * day), 400 * day, 10)).toBeCloseTo(
      (3 * 365) / 385,
      5,
    );
    expect(seasonFactor(seasonProfile(shop(steady), 400 * day), 400 * day, 365)).toBeCloseTo(1, 5);
  });

  test('is not known without a year', () => {
    expect(seasonProfile(shop([order(0, 1)]), 300 * day)).toBeNull();
  });
});
