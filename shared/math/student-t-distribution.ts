import { cephes } from './cephes.ts';
import { regularizedIncompleteBeta } from './regularized-incomplete-beta.ts';

/**
 * P(T > t) of Student's t distribution.
 * @param df degrees of freedom > 0, fractions too
 * @throws RangeError for another df
 */
export function studentTSurvival(t: number, df: number): number {
  const tail = regularizedIncompleteBeta(df / 2, 1 / 2, df / (df + t * t)) / 2;
  return t > 0 ? tail : 1 - tail;
}

/**
 * The t with P(T ≤ t) = p.
 * @param p strictly between 0 and 1
 * @param df degrees of freedom > 0, fractions too
 * @throws RangeError for arguments outside
 */
export function studentTQuantile(p: number, df: number): number {
  // From the smaller of T²'s two shares, so that neither tail cancels.
  const share = cephes.incbi(df / 2, 1 / 2, 2 * Math.min(p, 1 - p));
  return Math.sign(p - 1 / 2) * Math.sqrt((df * (1 - share)) / share);
}
