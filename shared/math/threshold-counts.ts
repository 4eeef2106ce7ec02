import { descendingOrder } from './descending-order.ts';
import { forEachTie } from './for-each-tie.ts';

/** What scores at or above a threshold hold, for one threshold. */
export interface ThresholdCount {
  readonly threshold: number;
  readonly positives: number;
  readonly negatives: number;
}

/**
 * For each distinct score, descending: the weight of positives and of negatives with that score or a
 * higher one. The curves of a classifier are drawn from them.
 * @param scores finite
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 */
export function thresholdCounts(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): readonly ThresholdCount[] {
  const thresholds = [...new Set(Array.from(scores))].sort((a, b) => b - a);
  const counts: ThresholdCount[] = [];
  let positives = 0;
  let negatives = 0;
  forEachTie(descendingOrder(scores), scores, labels, weights, (tiedPositives, tiedNegatives) => {
    positives += tiedPositives;
    negatives += tiedNegatives;
    counts.push({ threshold: thresholds[counts.length] as number, positives, negatives });
  });
  return counts;
}
