import { quantile } from '../math/quantile.ts';
import type { Manifest } from '../schemas/model.ts';

export type FeatureBaseline = Manifest['baseline'][string];

const BINS = 10;

/**
 * How a numeric feature was distributed in training, for drift checks: the distinct inner deciles
 * as edges, and the share of the non-missing values in each bin, `edges[i - 1] ≤ value < edges[i]`.
 * @param values NaN where missing
 */
export function featureBaseline(values: Float64Array): FeatureBaseline {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const missing = values.length === 0 ? 0 : 1 - sorted.length / values.length;
  if (sorted.length === 0) return { edges: [], shares: [], missing };
  const edges = [
    ...new Set(Array.from({ length: BINS - 1 }, (_, bin) => quantile(sorted, (bin + 1) / BINS))),
  ];
  const counts = new Array<number>(edges.length + 1).fill(0);
  let bin = 0;
  for (const value of sorted) {
    while (bin < edges.length && value >= (edges[bin] as number)) bin++;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { edges, shares: counts.map((count) => count / sorted.length), missing };
}
