import { quantile } from './quantile.ts';

const TIERS = { platinum: 0.95, gold: 0.8, silver: 0.5 } as const;

/**
 * Tiers by quantile of value: platinum from the 95th, gold from the 80th, silver from the 50th on,
 * else bronze; a value of 0 or less is bronze.
 * @param values not empty
 */
export function quantileTiers(values: ArrayLike<number>) {
  const sorted = Float64Array.from(values).sort();
  const names = ['platinum', 'gold', 'silver'] as const;
  const [platinum = 0, gold = 0, silver = 0] = names.map((name) => quantile(sorted, TIERS[name]));
  const thresholds = { platinum, gold, silver };
  return {
    thresholds,
    tiers: Array.from(values, (value) =>
      value <= 0 ? 'bronze' : (names.find((name) => value >= thresholds[name]) ?? 'bronze'),
    ),
  };
}
