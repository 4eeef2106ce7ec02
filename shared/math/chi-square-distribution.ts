import { cephes } from './cephes.ts';
import { logGamma } from './log-gamma.ts';

/**
 * P(X > x) of the chi-square distribution; 0 where that is below 1e-304.
 * @param x ≥ 0, finite
 * @param df degrees of freedom > 0
 * @throws RangeError for arguments outside
 */
export function chiSquareSurvival(x: number, df: number): number {
  if (!(x >= 0 && x < Number.POSITIVE_INFINITY && df > 0))
    throw new RangeError(
      `no chi-square of ${x} with ${df} degrees of freedom: it is finite, they are above 0`,
    );
  const [half, shape] = [x / 2, df / 2];
  // The library calls it an error when the smaller of both tails is no 64-bit number.
  if (shape * Math.log(half) - half - logGamma(shape) < LEAST_LOGARITHM)
    return half > shape ? 0 : 1;
  return cephes.igamc(shape, half);
}

const LEAST_LOGARITHM = -700;
