import { logisticRegression } from './logistic-regression.ts';
import { logit } from './logit.ts';
import { singleColumn } from './single-column.ts';

/**
 * Logistic recalibration: maximum-likelihood fit of logit P(positive) = intercept + slope ·
 * logit(p). A calibrated model has intercept 0 and slope 1; a slope below 1 means overconfidence.
 *
 * Source: Cox (1958), "Two further applications of a model for binary regression".
 * @param probabilities strictly between 0 and 1
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @returns null when a class is absent or all probabilities are equal
 */
export function calibrationSlope(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): { intercept: number; slope: number } | null {
  if (new Set(Array.from(labels)).size < 2) return null;
  const margins = Float64Array.from(probabilities, logit);
  const fit = logisticRegression(singleColumn(margins), labels, 0, weights);
  return fit.converged ? { intercept: fit.intercept, slope: fit.coefficients[0] as number } : null;
}
