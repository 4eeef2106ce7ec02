import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectedPurchases, probabilityAlive } from '../../shared/math/bg-nbd.ts';
import { fitBgNbd } from '../../shared/math/bg-nbd-fit.ts';
import { bgNbdLogLikelihood, groupRepeats } from '../../shared/math/bg-nbd-likelihood.ts';
import { expectedSpend } from '../../shared/math/gamma-gamma.ts';
import { fitGammaGamma } from '../../shared/math/gamma-gamma-fit.ts';

const parameter = fc.double({ min: 0.05, max: 20, noNaN: true });
const histories = fc.array(
  fc
    .record({
      x: fc.integer({ min: 0, max: 300 }),
      T: fc.double({ min: 0.01, max: 500, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ x, T, share }) => ({ x, T, tx: x === 0 ? 0 : T * share })),
  { maxLength: 60 },
);

function groupsOf(customers: readonly { x: number; tx: number; T: number }[]) {
  return groupRepeats(
    customers.map(({ x }) => x),
    customers.map(({ tx }) => tx),
    customers.map(({ T }) => T),
  );
}

describe('BG/NBD', () => {
  test('equal customers are one group, and count as many', () => {
    const groups = groupRepeats([1, 0, 1, 0, 1], [2, 0, 2, 9, 3], [5, 5, 5, 5, 5]);
    expect([...groups.x]).toEqual([0, 1, 1]);
    expect([...groups.count]).toEqual([2, 2, 1]);
  });

  test('the gradient is that of the likelihood', () => {
    fc.assert(
      fc.property(
        histories,
        parameter,
        parameter,
        parameter,
        parameter,
        (customers, r, alpha, a, b) => {
          const groups = groupsOf(customers);
          const point = { r, alpha, a, b };
          const gradient = new Float64Array(4);
          bgNbdLogLikelihood(point, groups, gradient);
          for (const [index, name] of (['r', 'alpha', 'a', 'b'] as const).entries()) {
            const h = 1e-5 * point[name];
            const side = (sign: number) =>
              bgNbdLogLikelihood({ ...point, [name]: point[name] + sign * h }, groups);
            const slope = (side(1) - side(-1)) / (2 * h);
            const scale = Math.abs(slope) + Math.abs(side(0)) / point[name] + 1;
            expect(Math.abs((gradient[index] as number) - slope) / scale).toBeLessThan(1e-5);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test('whatever the customers, the fit answers with usable numbers', () => {
    fc.assert(
      fc.property(histories, (customers) => {
        const { model, logLikelihood, diagnosis, fallback } = fitBgNbd(groupsOf(customers));
        expect(Object.values(model).every(Number.isFinite)).toBe(true);
        expect(logLikelihood).not.toBeNaN();
        if (fallback !== null) expect(diagnosis).not.toEqual([]);
        for (const customer of customers) {
          const [alive, later, latest] = [
            probabilityAlive(model, customer),
            expectedPurchases(model, customer, 10),
            expectedPurchases(model, customer, 20),
          ];
          expect(alive).toBeGreaterThanOrEqual(0);
          expect(alive).toBeLessThanOrEqual(1);
          expect(later).toBeGreaterThanOrEqual(0);
          expect(latest).toBeGreaterThanOrEqual(later);
        }
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['no customers', [], 'no-customers', 'prior'],
    ['one customer who never came back', [{ x: 0, tx: 0, T: 9 }], 'nobody-repeats', 'prior'],
    [
      'customers who all buy until the end',
      Array.from({ length: 40 }, (_, i) => ({ x: 5 + (i % 7), tx: 49.9, T: 50 })),
      'dropout-not-seen',
      'nobody-leaves',
    ],
  ] as const)('%s', (_, customers, diagnosis, fallback) => {
    expect(fitBgNbd(groupsOf(customers))).toMatchObject({
      diagnosis: expect.arrayContaining([diagnosis]),
      fallback,
    });
  });

  test('where nobody leaves it expects what the negative binomial does', () => {
    const model = { r: 2, alpha: 5, a: 0, b: 2 };
    expect(expectedPurchases(model, { x: 3, tx: 1, T: 10 }, 6)).toBeCloseTo((6 * 5) / 15, 12);
    expect(expectedPurchases(model, { x: 0, tx: 0, T: 10 }, 6)).toBeCloseTo((6 * 2) / 15, 12);
  });

  test('it is steady where its formula divides 0 by 0', () => {
    const at = (a: number) =>
      expectedPurchases({ r: 0.4, alpha: 4, a, b: 2 }, { x: 2, tx: 10, T: 20 }, 30);
    expect(at(1)).toBeCloseTo((at(0.999) + at(1.001)) / 2, 5);
  });
});

describe('Gamma-Gamma', () => {
  test('whatever the spends, the fit answers and the mean spend is finite', () => {
    const spends = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 200 }), fc.double({ min: 0.01, max: 1e6, noNaN: true })),
      { maxLength: 50 },
    );
    fc.assert(
      fc.property(spends, (customers) => {
        const { model } = fitGammaGamma({
          x: Float64Array.from(customers, ([x]) => x),
          m: Float64Array.from(customers, ([, m]) => m),
        });
        expect(model.q).toBeGreaterThan(1);
        const spend = expectedSpend(model, 0, 0);
        expect(Number.isFinite(spend) && spend > 0).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
