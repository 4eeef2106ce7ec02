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
 *
 * Source: Abramowitz & Stegun 26.2.23, refined by Halley's method.
 * @param p in [0, 1]; 0 and 1 give −Infinity and Infinity
 * @throws RangeError for a p outside
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1))
    throw new RangeError(`no normal quantile of ${p}: a probability is between 0 and 1`);
  const tail = Math.min(p, 1 - p);
  const sign = p < 1 / 2 ? -1 : 1;
  if (tail === 0) return sign * Number.POSITIVE_INFINITY;
  const t = Math.sqrt(-2 * Math.log(tail));
  let z =
    t -
    (2.515517 + t * (0.802853 + t * 0.010328)) /
      (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let step = 0; step < HALLEY_STEPS; step++) {
    const excess = (normalSurvival(z) - tail) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2);
    z += excess / (1 - (z * excess) / 2);
  }
  return sign * z;
}

/** From an error of 4.5e-4, each of them triples the digits. */
const HALLEY_STEPS = 3;
