import { regularizedIncompleteBeta } from './regularized-incomplete-beta.ts';

/**
 * P(X ≤ k) of the number of successes in n independent trials.
 * @param k integer ≥ 0; 1 from n on
 * @param n trials, integer > 0
 * @param p chance of a success, in [0, 1]
 * @throws RangeError for arguments outside
 */
export function binomialCdf(k: number, n: number, p: number): number {
  return k >= n ? 1 : regularizedIncompleteBeta(n - k, k + 1, 1 - p);
}
