import { descendingOrder } from './descending-order.ts';

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
  for (let start = 0; start < order.length; ) {
    const score = scores[order[start] as number] as number;
    let tiedPositives = 0;
    let tiedNegatives = 0;
    let end = start;
    for (; end < order.length; end++) {
      const row = order[end] as number;
      if (scores[row] !== score) break;
      const weight = weights ? (weights[row] as number) : 1;
      if (labels[row] === 1) tiedPositives += weight;
      else tiedNegatives += weight;
    }
    concordant += tiedNegatives * (positives + tiedPositives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
    start = end;
  }
  return positives > 0 && negatives > 0 ? concordant / (positives * negatives) : null;
}
