import { thresholdCounts } from './threshold-counts.ts';

export interface PrecisionRecallPoint {
  /** Rows with this score or a higher one are called positive; null for none of them. */
  readonly threshold: number | null;
  readonly precision: number;
  readonly recall: number;
}

/**
 * Points of the precision-recall curve from recall 1 down to recall 0 at precision 1, one for each
 * distinct score. Nothing is interpolated.
 *
 * Source: Davis & Goadrich (2006), "The relationship between precision-recall and ROC curves".
 * @param scores finite, higher meaning more likely positive
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @returns null when no positive has weight
 */
export function precisionRecallCurve(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): readonly PrecisionRecallPoint[] | null {
  const counts = thresholdCounts(scores, labels, weights);
  const allPositives = counts.at(-1)?.positives ?? 0;
  if (!(allPositives > 0)) return null;
  const points = counts
    .filter(({ positives, negatives }) => positives + negatives > 0)
    .map(({ threshold, positives, negatives }) => ({
      threshold,
      precision: positives / (positives + negatives),
      recall: positives / allPositives,
    }));
  return [...points.reverse(), { threshold: null, precision: 1, recall: 0 }];
}
