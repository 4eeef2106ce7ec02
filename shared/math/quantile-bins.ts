import { quantile } from './quantile.ts';

/**
 * Inner edges of bins that hold about as many values each: the distinct quantiles at k / bins.
 * @param values finite, not empty, in any order
 * @param bins ≥ 1
 * @returns ascending; fewer than bins − 1 where values repeat
 */
export function quantileEdges(values: ArrayLike<number>, bins: number): Float64Array {
  const sorted = Float64Array.from(values).sort();
  const edges = Array.from({ length: bins - 1 }, (_, k) => quantile(sorted, (k + 1) / bins));
  return Float64Array.from(new Set(edges));
}

/**
 * How many values each bin holds: bin b those above edge b − 1 and not above edge b, the outer bins
 * unbounded.
 * @param edges ascending
 */
export function binCounts(values: ArrayLike<number>, edges: ArrayLike<number>): Float64Array {
  const counts = new Float64Array(edges.length + 1);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    let [low, high] = [0, edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((edges[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    counts[low] = (counts[low] as number) + 1;
  }
  return counts;
}
