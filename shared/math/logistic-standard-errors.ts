import { choleskySolve } from './cholesky-solve.ts';
import { type LogisticFit, logisticCurvature } from './logistic-regression.ts';
import type { SparseMatrix } from './sparse-matrix.ts';

/**
 * Standard errors of an unpenalised logistic fit: square roots of the diagonal of the inverse of the
 * log-likelihood's curvature there.
 *
 * Source: McCullagh & Nelder, "Generalized Linear Models", 4.4.
 * @param design what the fit was made from
 * @param weights row weights ≥ 0; all 1 when absent
 * @returns that of the intercept, then those of the coefficients; null when columns are linearly
 *   dependent
 */
export function logisticStandardErrors(
  design: SparseMatrix,
  { intercept, coefficients }: LogisticFit,
  weights?: ArrayLike<number>,
): Float64Array | null {
  const parameters = Float64Array.of(intercept, ...coefficients);
  const curvature = logisticCurvature(design, parameters, weights);
  const errors = new Float64Array(parameters.length);
  for (let column = 0; column < errors.length; column++) {
    const unit = new Float64Array(errors.length);
    unit[column] = 1;
    const inverseColumn = choleskySolve(curvature.slice(), unit);
    if (inverseColumn === null) return null;
    errors[column] = Math.sqrt(inverseColumn[column] as number);
  }
  return errors;
}
