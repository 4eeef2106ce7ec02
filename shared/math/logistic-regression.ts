import { choleskySolve } from './cholesky-solve.ts';
import { sigmoid } from './sigmoid.ts';
import type { SparseMatrix } from './sparse-matrix.ts';

export interface LogisticFit {
  readonly intercept: number;
  readonly coefficients: Float64Array;
  /** False when the steps ran out or the columns are linearly dependent and not penalised. */
  readonly converged: boolean;
}

const MAX_STEPS = 100;
const MAX_HALVINGS = 40;

/**
 * L2-penalised logistic regression by Newton's method (iteratively reweighted least squares) with
 * step halving: minimises Σ weight · cross-entropy + (l2 / 2) · ‖coefficients‖²; the intercept is
 * not penalised.
 *
 * Source: Hastie, Tibshirani & Friedman, "The Elements of Statistical Learning", 4.4.1.
 * @param design rows × columns, finite; without a column for the intercept
 * @param targets in [0, 1], a probability rather than a class where it is smoothed
 * @param l2 ≥ 0
 * @param weights row weights ≥ 0; all 1 when absent
 */
export function logisticRegression(
  design: SparseMatrix,
  targets: ArrayLike<number>,
  l2: number,
  weights?: ArrayLike<number>,
): LogisticFit {
  // Column 0 of the parameters is the intercept.
  const size = design.columnCount + 1;
  let parameters: Float64Array = new Float64Array(size);
  let objective = penalisedLoss(design, targets, l2, weights, parameters);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { gradient, hessian } = derivatives(design, targets, l2, weights, parameters);
    const direction = choleskySolve(hessian, gradient);
    if (direction === null) break;
    let decrement = 0;
    for (let column = 0; column < size; column++)
      decrement += (gradient[column] as number) * (direction[column] as number);
    if (decrement <= 1e-16 * Math.max(1, Math.abs(objective)))
      return { ...unpack(parameters), converged: true };
    let improved = false;
    for (let halving = 0, length = 1; halving < MAX_HALVINGS; halving++, length /= 2) {
      const candidate = parameters.map(
        (value, column) => value - length * (direction[column] as number),
      );
      const loss = penalisedLoss(design, targets, l2, weights, candidate);
      if (loss <= objective) {
        improved = loss < objective;
        parameters = candidate;
        objective = loss;
        break;
      }
    }
    if (!improved) return { ...unpack(parameters), converged: true };
  }
  return { ...unpack(parameters), converged: false };
}

/**
 * Second derivatives of the unpenalised Σ weight · cross-entropy by the intercept and the coefficients,
 * row-major; only the lower triangle is filled.
 * @param parameters the intercept, then the coefficients
 */
export function logisticCurvature(
  design: SparseMatrix,
  parameters: Float64Array,
  weights?: ArrayLike<number>,
): Float64Array {
  const targets = new Float64Array(design.rowStarts.length - 1);
  return derivatives(design, targets, 0, weights, parameters).hessian;
}

function unpack(parameters: Float64Array) {
  return { intercept: parameters[0] as number, coefficients: parameters.slice(1) };
}

function marginOf(design: SparseMatrix, parameters: Float64Array, row: number): number {
  let margin = parameters[0] as number;
  const end = design.rowStarts[row + 1] as number;
  for (let k = design.rowStarts[row] as number; k < end; k++)
    margin +=
      (design.values[k] as number) * (parameters[(design.columns[k] as number) + 1] as number);
  return margin;
}

function penalisedLoss(
  design: SparseMatrix,
  targets: ArrayLike<number>,
  l2: number,
  weights: ArrayLike<number> | undefined,
  parameters: Float64Array,
): number {
  let loss = 0;
  for (let row = 0; row < targets.length; row++) {
    const margin = marginOf(design, parameters, row);
    const weight = weights ? (weights[row] as number) : 1;
    // ln(1 + e^margin) − target · margin, written so that neither side overflows.
    loss +=
      weight *
      (Math.max(margin, 0) +
        Math.log1p(Math.exp(-Math.abs(margin))) -
        (targets[row] as number) * margin);
  }
  let squares = 0;
  for (let column = 1; column < parameters.length; column++)
    squares += (parameters[column] as number) ** 2;
  return loss + (l2 / 2) * squares;
}

function derivatives(
  design: SparseMatrix,
  targets: ArrayLike<number>,
  l2: number,
  weights: ArrayLike<number> | undefined,
  parameters: Float64Array,
): { gradient: Float64Array; hessian: Float64Array } {
  const size = parameters.length;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const { rowStarts, columns, values } = design;
  for (let row = 0; row < targets.length; row++) {
    const weight = weights ? (weights[row] as number) : 1;
    const probability = sigmoid(marginOf(design, parameters, row));
    const residual = weight * (probability - (targets[row] as number));
    const curvature = weight * probability * (1 - probability);
    const start = rowStarts[row] as number;
    const end = rowStarts[row + 1] as number;
    gradient[0] = (gradient[0] as number) + residual;
    hessian[0] = (hessian[0] as number) + curvature;
    for (let k = start; k < end; k++) {
      const column = (columns[k] as number) + 1;
      const value = values[k] as number;
      gradient[column] = (gradient[column] as number) + residual * value;
      const offset = column * size;
      const scaled = curvature * value;
      hessian[offset] = (hessian[offset] as number) + scaled;
      // Columns ascend within a row, so this fills the lower triangle alone.
      for (let j = start; j <= k; j++) {
        const index = offset + (columns[j] as number) + 1;
        hessian[index] = (hessian[index] as number) + scaled * (values[j] as number);
      }
    }
  }
  for (let column = 1; column < size; column++) {
    gradient[column] = (gradient[column] as number) + l2 * (parameters[column] as number);
    const diagonal = column * size + column;
    hessian[diagonal] = (hessian[diagonal] as number) + l2;
  }
  return { gradient, hessian };
}
