/**
 * Walks rows of equal score together, in the given order: what ranking metrics must not tell apart.
 * @param order row numbers, equal scores next to each other
 * @param weights row weights ≥ 0; all 1 when absent
 * @param visit gets the weight of positives and of negatives among the tied rows
 */
export function forEachTie(
  order: ArrayLike<number>,
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  visit: (positives: number, negatives: number) => void,
): void {
  for (let start = 0; start < order.length; ) {
    const score = scores[order[start] as number] as number;
    let positives = 0;
    let negatives = 0;
    let end = start;
    for (; end < order.length; end++) {
      const row = order[end] as number;
      if (scores[row] !== score) break;
      const weight = weights ? (weights[row] as number) : 1;
      if (labels[row] === 1) positives += weight;
      else negatives += weight;
    }
    visit(positives, negatives);
    start = end;
  }
}
