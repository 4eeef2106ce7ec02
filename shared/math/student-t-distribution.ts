import { cephes } from './cephes.ts';
import { regularizedIncompleteBeta } from './regularized-incomplete-beta.ts';

/**
 * P(T > t) of Student's t distribution.
 * @param df degrees of freedom ≥ 0.2, fractions too
 * @throws RangeError for another df
 */
export function studentTSurvival(t: number, df: number): number {
  const tail = regularizedIncompleteBeta(df / 2, 1 / 2, df / (df + t * t)) / 2;
  return t > 0 ? tail : 1 - tail;
}

/**
 * The t with P(T ≤ t) = p.
 * @param p strictly between 0 and 1
 * @param df degrees of freedom ≥ 0.2, fractions too
 * @throws RangeError for arguments outside
 */
export function studentTQuantile(p: number, df: number): number {
  const outside = 2 * Math.min(p, 1 - p);
  if (!(df >= 0.2 && outside > 0))
    throw new RangeError(
      `no quantile of Student's t for p = ${p} and ${df} degrees of freedom: p is between 0 and 1, the degrees 0.2 or more`,
    );
  // From whichever of df / (df + t²) and t² / (df + t²) is exact.
  const odds =
    outside < 1 / 2
      ? oddsAgainst(cephes.incbi(df / 2, 1 / 2, outside))
      : 1 / oddsAgainst(cephes.incbi(1 / 2, df / 2, 2 * Math.abs(p - 1 / 2)));
  return Math.sign(p - 1 / 2) * Math.sqrt(df * odds);
}

function oddsAgainst(share: number): number {
  return (1 - share) / share;
}
