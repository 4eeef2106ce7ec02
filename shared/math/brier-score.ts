/**
 * Mean squared difference of probability and outcome.
 *
 * Source: Brier (1950), "Verification of forecasts expressed in terms of probability".
 * @param probabilities in [0, 1]
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @returns a number in [0, 1], or null when no row has weight
 */
export function brierScore(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number | null {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < probabilities.length; row++) {
    const weight = weights ? (weights[row] as number) : 1;
    sum += weight * ((probabilities[row] as number) - (labels[row] as number)) ** 2;
    total += weight;
  }
  return total > 0 ? sum / total : null;
}
