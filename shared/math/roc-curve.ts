import { thresholdCounts } from './threshold-counts.ts';

export interface RocPoint {
  /** Rows with this score or a higher one are called positive; null for none of them. */
  readonly threshold: number | null;
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/**
 * Points of the ROC curve from (0, 0) to (1, 1), one for each distinct score.
 *
 * Source: Fawcett (2006), "An introduction to ROC analysis", algorithm 1.
 * @param scores finite, higher meaning more likely positive
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @returns null when one of the classes has no weight
 */
export function rocCurve(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): readonly RocPoint[] | null {
  const counts = thresholdCounts(scores, labels, weights);
  const { positives: allPositives = 0, negatives: allNegatives = 0 } = counts.at(-1) ?? {};
  if (!(allPositives > 0 && allNegatives > 0)) return null;
  return [
    { threshold: null, falsePositiveRate: 0, truePositiveRate: 0 },
    ...counts.map(({ threshold, positives, negatives }) => ({
      threshold,
      falsePositiveRate: negatives / allNegatives,
      truePositiveRate: positives / allPositives,
    })),
  ];
}
