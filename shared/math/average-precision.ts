import { descendingOrder } from './descending-order.ts';

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
  for (let start = 0; start < order.length; ) {
    const score = scores[order[start] as number] as number;
    let tiedPositives = 0;
    let end = start;
    for (; end < order.length; end++) {
      const row = order[end] as number;
      if (scores[row] !== score) break;
      const weight = weights ? (weights[row] as number) : 1;
      if (labels[row] === 1) tiedPositives += weight;
      total += weight;
    }
    positives += tiedPositives;
    if (tiedPositives > 0) area += (tiedPositives * positives) / total;
    start = end;
  }
  return positives > 0 && positives < total ? area / positives : null;
}
