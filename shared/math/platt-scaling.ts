import { logisticRegression } from './logistic-regression.ts';
import { singleColumn } from './single-column.ts';

/**
 * Platt scaling: a and b of P(positive | score) = 1 / (1 + exp(a · score + b)), by maximum
 * likelihood against smoothed targets (N₁ + 1) / (N₁ + 2) and 1 / (N₀ + 2), N being
 * the weight of each class.
 *
 * Source: Platt (1999), "Probabilistic outputs for support vector machines"; Lin, Lin & Weng (2007).
 * @param scores finite, e.g. margins
 * @param labels 0 or 1, both present
 * @param weights row weights ≥ 0; all 1 when absent
 */
export function plattScaling(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): { a: number; b: number } {
  let positives = 0;
  let total = 0;
  for (let row = 0; row < scores.length; row++) {
    const weight = weights ? (weights[row] as number) : 1;
    total += weight;
    if (labels[row] === 1) positives += weight;
  }
  const positiveTarget = (positives + 1) / (positives + 2);
  const negativeTarget = 1 / (total - positives + 2);
  const targets = Float64Array.from(labels, (label) =>
    label === 1 ? positiveTarget : negativeTarget,
  );
  const { intercept, coefficients } = logisticRegression(singleColumn(scores), targets, 0, weights);
  return { a: -(coefficients[0] as number), b: -intercept };
}
