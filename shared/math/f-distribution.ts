import { regularizedIncompleteBeta } from './regularized-incomplete-beta.ts';

/**
 * P(X > x) of Snedecor's F distribution.
 * @param x ≥ 0
 * @param df1 degrees of freedom of the numerator, > 0
 * @param df2 degrees of freedom of the denominator, > 0
 * @throws RangeError for arguments outside
 */
export function fSurvival(x: number, df1: number, df2: number): number {
  return regularizedIncompleteBeta(df2 / 2, df1 / 2, df2 / (df2 + df1 * x));
}
