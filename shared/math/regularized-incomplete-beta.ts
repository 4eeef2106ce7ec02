import { cephes } from './cephes.ts';

/**
 * I_x(a, b): the share of B(a, b) that the integral of t^(a−1) · (1 − t)^(b−1) has reached at x, which is
 * the distribution function of a beta distribution. Relative error about 1e-16 · (a + b).
 * @param a > 0
 * @param b > 0
 * @param x in [0, 1]
 * @throws RangeError for arguments outside
 */
export function regularizedIncompleteBeta(a: number, b: number, x: number): number {
  return cephes.incbet(a, b, x);
}
