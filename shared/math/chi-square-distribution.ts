import { incompleteGamma } from './incomplete-gamma.ts';

/**
 * P(X > x) of the chi-square distribution.
 * @param x ≥ 0
 * @param df degrees of freedom > 0
 * @throws RangeError for arguments outside
 */
export function chiSquareSurvival(x: number, df: number): number {
  return incompleteGamma(df / 2, x / 2).upper;
}
