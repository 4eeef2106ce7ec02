import { logBeta } from './log-gamma.ts';
import { regularizedIncompleteBeta } from './regularized-incomplete-beta.ts';

/**
 * P(T > t) of Student's t distribution.
 *
 * Source: Abramowitz & Stegun 26.7.1.
 * @param df degrees of freedom > 0, fractions too
 * @throws RangeError for another df
 */
export function studentTSurvival(t: number, df: number): number {
  const square = t * t;
  // From whichever of the shares of df and t² in their sum is exact.
  const outside =
    square < df
      ? 1 - regularizedIncompleteBeta(1 / 2, df / 2, square / (df + square))
      : regularizedIncompleteBeta(df / 2, 1 / 2, df / (df + square));
  return t > 0 ? outside / 2 : 1 - outside / 2;
}

/**
 * The t with P(T ≤ t) = p, by Newton's method inside a bracket.
 * @param p strictly between 0 and 1
 * @param df degrees of freedom > 0, fractions too
 * @throws RangeError for arguments outside
 */
export function studentTQuantile(p: number, df: number): number {
  const tail = Math.min(p, 1 - p);
  if (!(tail > 0))
    throw new RangeError(`no quantile of Student's t for ${p}: it is between 0 and 1`);
  if (p === 1 / 2) return 0;
  const height = Math.exp(-logBeta(df / 2, 1 / 2)) / Math.sqrt(df);
  let [low, high] = [0, 1];
  while (studentTSurvival(high, df) > tail) [low, high] = [high, 2 * high];
  let t = low;
  for (let step = 0; step < MAX_STEPS; step++) {
    const excess = studentTSurvival(t, df) - tail;
    if (excess > 0) low = t;
    else high = t;
    const density = height * Math.exp((-(df + 1) / 2) * Math.log1p((t * t) / df));
    const newton = t + excess / density;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - t) <= 2 * Number.EPSILON * next) break;
    t = next;
  }
  return p < 1 / 2 ? -t : t;
}

/** A bracket of a factor of 2 is halved to the last bit in 53. */
const MAX_STEPS = 100;
