const EPSILON = 1e-15;

/**
 * Mean negative log-likelihood in nats, probabilities clipped to [1e-15, 1 − 1e-15].
 * @param probabilities in [0, 1]
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @returns a number ≥ 0, or null when no row has weight
 */
export function logLoss(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number | null {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < probabilities.length; row++) {
    const weight = weights ? (weights[row] as number) : 1;
    const probability = Math.min(1 - EPSILON, Math.max(EPSILON, probabilities[row] as number));
    sum -= weight * Math.log(labels[row] === 1 ? probability : 1 - probability);
    total += weight;
  }
  return total > 0 ? sum / total : null;
}
