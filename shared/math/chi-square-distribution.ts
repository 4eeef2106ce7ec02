import { cephes } from './cephes.ts';
import { logGamma } from './log-gamma.ts';

/**
 * P(X > x) of the chi-square distribution; 0 where that is below 1e-304.
 * @param x ≥ 0
 * @param df degrees of freedom > 0
 */
export function chiSquareSurvival(x: number, df: number): number {
  const [half, shape] = [x / 2, df / 2];
  // The library calls an underflow an error.
  if (half > shape && shape * Math.log(half) - half - logGamma(shape) < LEAST_LOGARITHM) return 0;
  return cephes.igamc(shape, half);
}

const LEAST_LOGARITHM = -700;
