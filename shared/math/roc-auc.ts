import { descendingOrder } from './descending-order.ts';
import { forEachTie } from './for-each-tie.ts';

/**
 * Area under the ROC curve: P(score of a positive > score of a negative) + ½ P(equal), the
 * Mann–Whitney form, in which tied scores count half.
 *
 * Source: Hanley & McNeil (1982), "The meaning and use of the area under a ROC curve".
 * @param scores any finite numbers, higher meaning more likely positive
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @param order rows by descending score, where the caller has sorted them already
 * @returns a number in [0, 1], or null when one of the classes has no weight
 */
export function rocAuc(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
  order: ArrayLike<number> = descendingOrder(scores),
): number | null {
  let positives = 0;
  let negatives = 0;
  let concordant = 0;
  forEachTie(order, scores, labels, weights, (tiedPositives, tiedNegatives) => {
    concordant += tiedNegatives * (positives + tiedPositives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
  });
  return positives > 0 && negatives > 0 ? concordant / (positives * negatives) : null;
}
