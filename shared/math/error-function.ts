import { incompleteGamma } from './incomplete-gamma.ts';

/**
 * The error function 2/√π · ∫₀ˣ e^(−t²) dt.
 *
 * Source: Abramowitz & Stegun 6.5.16: the incomplete gamma function of shape ½ at x².
 * @returns a number in [−1, 1]
 */
export function erf(x: number): number {
  return Math.sign(x) * incompleteGamma(1 / 2, x * x).lower;
}

/**
 * The complement 1 − erf(x), exact in the upper tail too.
 * @returns a number in [0, 2]
 */
export function erfc(x: number): number {
  const { lower, upper } = incompleteGamma(1 / 2, x * x);
  return x > 0 ? upper : 1 + lower;
}
