import { cephes } from './cephes.ts';
import { erfc } from './error-function.ts';

/**
 * P(Z ≤ z) of a standard normal Z.
 * @returns a number in [0, 1], exact in the lower tail too
 */
export function normalCdf(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}

/**
 * P(Z > z) of a standard normal Z.
 * @returns a number in [0, 1], exact in the upper tail too
 */
export function normalSurvival(z: number): number {
  return erfc(z / Math.SQRT2) / 2;
}

/**
 * The z with P(Z ≤ z) = p.
 * @param p in [0, 1]; 0 and 1 give −Infinity and Infinity
 * @throws RangeError for a p outside
 */
export function normalQuantile(p: number): number {
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  return cephes.ndtri(p);
}
