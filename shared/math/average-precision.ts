import { descendingOrder } from './descending-order.ts';
import { forEachTie } from './for-each-tie.ts';

/**
 * Average precision: Σ (R_k − R_{k−1}) P_k over the distinct scores in descending order; tied
 * scores form one step and nothing is interpolated.
 *
 * Source: Manning, Raghavan & Schütze (2008), "Introduction to Information Retrieval", 8.4, in the
 * form of scikit-learn's `average_precision_score`.
 * @param scores any finite numbers, higher meaning more likely positive
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @param order rows by descending score, where the caller has sorted them already
 * @returns a number in [0, 1], or null when one of the classes has no weight
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
  order: ArrayLike<number> = descendingOrder(scores),
): number | null {
  let positives = 0;
  let total = 0;
  let area = 0;
  forEachTie(order, scores, labels, weights, (tiedPositives, tiedNegatives) => {
    positives += tiedPositives;
    total += tiedPositives + tiedNegatives;
    if (tiedPositives > 0) area += (tiedPositives * positives) / total;
  });
  return positives > 0 && positives < total ? area / positives : null;
}
