import { cephes } from './cephes.ts';

/**
 * I_x(a, b): the share of B(a, b) that the integral of t^(a−1) · (1 − t)^(b−1) has reached at x, which is
 * the distribution function of a beta distribution. Relative error about 1e-14 · (a + b).
 * @param a ≥ 0.1
 * @param b ≥ 0.1
 * @param x in [0, 1]
 * @throws RangeError for arguments outside, and for a or b below 0.3 where a + b is within 170 … 172
 */
export function regularizedIncompleteBeta(a: number, b: number, x: number): number {
  // Smaller parameters cost the library its digits; and it multiplies Γ(a) by Γ(b) until their sum is
  // 171.6, from where Γ overflows: a little before, their product already has.
  const least = Math.abs(a + b - 171) <= 1 ? 0.3 : 0.1;
  if (!(Math.min(a, b) >= least))
    throw new RangeError(
      `the incomplete beta function has no exact value at (${a}, ${b}): take parameters from ${least} on`,
    );
  return cephes.incbet(a, b, x);
}
