/**
 * Mean probability − share of positives; above 0 the model promises too much.
 *
 * Source: Steyerberg, "Clinical Prediction Models", 15.2.
 * @param probabilities in [0, 1]
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @returns a number in [−1, 1], or null when no row has weight
 */
export function calibrationInTheLarge(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number | null {
  let [excess, total] = [0, 0];
  for (let row = 0; row < probabilities.length; row++) {
    const weight = weights ? (weights[row] as number) : 1;
    excess += weight * ((probabilities[row] as number) - (labels[row] as number));
    total += weight;
  }
  return total > 0 ? excess / total : null;
}
