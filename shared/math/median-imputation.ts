import { quantile } from './quantile.ts';

export interface MedianImputation {
  readonly median: number;
  /** The values, the median where one was missing. */
  readonly imputed: Float64Array;
  /** 1 where a value was missing, else 0: that it was may itself tell something. */
  readonly missing: Uint8Array;
}

/**
 * Puts the median of the known values where one is missing.
 *
 * Source: Little & Rubin, "Statistical Analysis with Missing Data", 4.2.
 * @param values finite or null
 * @returns null when all are missing
 */
export function medianImputation(values: readonly (number | null)[]): MedianImputation | null {
  const known = Float64Array.from(values.filter((value) => value !== null)).sort();
  if (known.length === 0) return null;
  const median = quantile(known, 0.5);
  return {
    median,
    imputed: Float64Array.from(values, (value) => value ?? median),
    missing: Uint8Array.from(values, (value) => (value === null ? 1 : 0)),
  };
}
