/**
 * The share of positives.
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @returns a number in [0, 1], or null when no row has weight
 */
export function baseRate(labels: ArrayLike<number>, weights?: ArrayLike<number>): number | null {
  let positives = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights ? (weights[row] as number) : 1;
    if (labels[row] === 1) positives += weight;
    total += weight;
  }
  return total > 0 ? positives / total : null;
}
