import { ratio } from './ratio.ts';

export interface Moments {
  readonly mean: number;
  /** Over n. */
  readonly variance: number;
  /** Over n − 1: unbiased; null of one value. */
  readonly sampleVariance: number | null;
  /** Third standardised moment; null of equal values. */
  readonly skewness: number | null;
  /** Fourth standardised moment − 3, 0 of a normal distribution; null of equal values. */
  readonly excessKurtosis: number | null;
}

/**
 * Mean and central moments in two passes, which do not cancel.
 *
 * Source: Joanes & Gill (1998), "Comparing measures of sample skewness and kurtosis" (g₁, g₂).
 * @param values finite, at least one
 */
export function moments(values: ArrayLike<number>): Moments {
  const n = values.length;
  let sum = 0;
  for (let row = 0; row < n; row++) sum += values[row] as number;
  const mean = sum / n;
  let [second, third, fourth] = [0, 0, 0];
  for (let row = 0; row < n; row++) {
    const square = ((values[row] as number) - mean) ** 2;
    second += square;
    third += square * ((values[row] as number) - mean);
    fourth += square * square;
  }
  const variance = second / n;
  const kurtosis = ratio(fourth / n, variance ** 2);
  return {
    mean,
    variance,
    sampleVariance: ratio(second, n - 1),
    skewness: ratio(third / n, variance ** 1.5),
    excessKurtosis: kurtosis === null ? null : kurtosis - 3,
  };
}
