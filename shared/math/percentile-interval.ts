import { quantile } from './quantile.ts';

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** A statistic undefined in a larger share of the draws has no interval. */
const UNDEFINED_SHARE = 0.05;

/**
 * The percentile interval of a bootstrap.
 *
 * Source: Efron & Tibshirani (1993), "An Introduction to the Bootstrap", 13.3.
 * @param draws NaN where the statistic was undefined
 * @param level coverage in (0, 1)
 * @returns null when more than 5 % of the draws are undefined
 */
export function percentileInterval(draws: Float64Array, level = 0.95): Interval | null {
  const sorted = draws.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0 || sorted.length < (1 - UNDEFINED_SHARE) * draws.length) return null;
  return {
    lower: quantile(sorted, (1 - level) / 2),
    upper: quantile(sorted, (1 + level) / 2),
  };
}
