import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assign } from '../../shared/domain/routing.ts';
import type { Routing } from '../../shared/schemas/routing.ts';

const table: Routing = {
  model: 'propensity',
  champion: 'a',
  previous: null,
  challenger: 'b',
  percent_bp: 500,
  shadows: [],
  salt: 's',
  epoch: 1,
  release_execution: null,
};

describe('assignment', () => {
  test('a larger share keeps whoever was in it', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(10_000), fc.nat(10_000), (unit, one, other) => {
        const small = assign({ ...table, percent_bp: Math.min(one, other) }, unit);
        const large = assign({ ...table, percent_bp: Math.max(one, other) }, unit);
        if (small.variant === 'challenger') expect(large.variant).toBe('challenger');
      }),
    );
  });

  test.each([
    [0, 'champion'],
    [10_000, 'challenger'],
  ])('%d of 10,000 is everyone: %s', (percent_bp, variant) => {
    for (let n = 0; n < 200; n++) {
      expect(assign({ ...table, percent_bp }, `u${n}`).variant).toBe(variant);
    }
  });

  test('without a challenger the champion serves', () => {
    expect(assign({ ...table, challenger: null, percent_bp: 10_000 }, 'u')).toEqual({
      variant: 'champion',
      version: 'a',
    });
  });
});
