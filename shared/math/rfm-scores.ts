import { quantile } from './quantile.ts';

const EDGES = [0.2, 0.4, 0.6, 0.8];

/**
 * Quintile scores: 1 + the number of distinct quintile edges below the value.
 *
 * Source: Hughes (1994), "Strategic Database Marketing": recency, frequency, monetary.
 * @param values not empty
 * @param smallerIsBetter as for recency: the scores are then reversed
 */
export function quintileScores(
  values: ArrayLike<number>,
  smallerIsBetter = false,
): readonly number[] {
  const sorted = Float64Array.from(values).sort();
  const edges = [...new Set(EDGES.map((p) => quantile(sorted, p)))];
  return Array.from(values, (value) => {
    const score = 1 + edges.filter((edge) => edge < value).length;
    return smallerIsBetter ? edges.length + 2 - score : score;
  });
}
