import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUCKETS, bucket } from '../../shared/domain/bucket.ts';
import { decide } from '../../shared/domain/decide.ts';
import { defaultPolicy } from '../../shared/domain/default-policy.ts';
import { decisionPolicy } from '../../shared/schemas/decision-policy.ts';

const day = '2026-05-01';
const situation = { tier: 'unknown', unit: 'u', day } as const;

describe('the default policy', () => {
  test('is a valid policy', () => {
    expect(decisionPolicy.parse(defaultPolicy)).toEqual(defaultPolicy);
  });

  test.each([
    [0.9, true, 'upsell'],
    [0.9, false, 'none'],
    [0.3, false, 'recommend'],
    [0.001, false, 'none'],
    [1, true, 'upsell'],
  ])('propensity %d, cart filled %s: %s', (propensity, cartFilled, type) => {
    expect(decide(defaultPolicy, { ...situation, propensity, cartFilled }).type).toBe(type);
  });

  test('never discounts for those who would buy anyway', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        fc.boolean(),
        fc.string(),
        (propensity, cartFilled, unit) => {
          const action = decide(defaultPolicy, { ...situation, unit, propensity, cartFilled });
          expect(action.type).not.toBe('discount');
        },
      ),
    );
  });

  test('keeps the discount budget, the same units all day', () => {
    const discounted = (unit: string, on: string) =>
      decide(defaultPolicy, { ...situation, unit, day: on, propensity: 0.3, cartFilled: true })
        .type === 'discount';
    const units = Array.from({ length: 20_000 }, (_, n) => `unit-${n}`);
    const lucky = units.filter((unit) => discounted(unit, day));
    expect(lucky.length / units.length).toBeGreaterThan(0.045);
    expect(lucky.length / units.length).toBeLessThan(0.055);
    expect(units.filter((unit) => discounted(unit, day))).toEqual(lucky);
    expect(units.filter((unit) => discounted(unit, '2026-05-02'))).not.toEqual(lucky);
  });
});

describe('buckets', () => {
  test('are in range and spread evenly', () => {
    const counts = new Array(10).fill(0);
    for (let n = 0; n < 20_000; n++) {
      const b = bucket('salt', `unit-${n}`);
      expect(b).toBeGreaterThanOrEqual(0);
      expect(b).toBeLessThan(BUCKETS);
      counts[Math.floor(b / 1000)]++;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    expect(chiSquare).toBeLessThan(27.9); // 0.1 % point of chi-square with 9 degrees of freedom
  });
});
