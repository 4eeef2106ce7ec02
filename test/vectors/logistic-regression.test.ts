import { expect } from 'vitest';
import { logLoss } from '../../shared/math/log-loss.ts';
import { logisticRegression } from '../../shared/math/logistic-regression.ts';
import { logisticStandardErrors } from '../../shared/math/logistic-standard-errors.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { denseMatrix } from '../math/dense-matrix.ts';
import { vectors } from './vector-file.ts';

vectors<{ X: number[][]; y: number[]; l2: number }>('logistic_regression', {
  compute: ({ X, y, l2 }) => {
    const fit = logisticRegression(denseMatrix(X), y, l2);
    const { intercept, coefficients, converged } = fit;
    const margin = (row: readonly number[]) =>
      row.reduce((sum, x, column) => sum + x * (coefficients[column] as number), intercept);
    expect(converged).toBe(true);
    return {
      intercept,
      coefficients,
      standardErrors: l2 === 0 ? logisticStandardErrors(denseMatrix(X), fit) : null,
      logLoss: logLoss(
        X.map((row) => sigmoid(margin(row))),
        y,
      ),
    };
  },
});
