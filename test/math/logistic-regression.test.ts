import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choleskySolve } from '../../shared/math/cholesky-solve.ts';
import { logisticRegression } from '../../shared/math/logistic-regression.ts';
import { logisticStandardErrors } from '../../shared/math/logistic-standard-errors.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { expectClose } from './close.ts';
import { denseMatrix } from './dense-matrix.ts';

describe('logisticRegression', () => {
  const X = [[0.4], [1.2], [-0.3], [2.2], [0.9], [-1.1]];
  const y = [0, 1, 0, 1, 0, 1];

  test('leaving zeros out of a sparse row changes nothing', () => {
    const rows = [
      [1, 0, 2],
      [0, 0, 1],
      [0, 3, 0],
      [1, 1, 1],
      [2, 0, 0],
    ];
    const entries = rows.map((row) =>
      row.flatMap((value, column) => (value === 0 ? [] : [{ value, column }])),
    );
    const rowStarts = new Uint32Array(rows.length + 1);
    for (const [row, kept] of entries.entries())
      rowStarts[row + 1] = (rowStarts[row] as number) + kept.length;
    const sparse = {
      columnCount: 3,
      rowStarts,
      columns: Uint16Array.from(entries.flat(), (entry) => entry.column),
      values: Float64Array.from(entries.flat(), (entry) => entry.value),
    };
    const labels = [1, 0, 1, 0, 1];
    const fromSparse = logisticRegression(sparse, labels, 0.5);
    const fromDense = logisticRegression(denseMatrix(rows), labels, 0.5);
    for (let column = 0; column < 3; column++)
      expectClose(fromSparse.coefficients[column], fromDense.coefficients[column] as number, {
        abs: 1e-12,
      });
  });

  test('a weight of two equals the row twice', () => {
    const weighted = logisticRegression(denseMatrix(X), y, 0.1, [2, 1, 1, 1, 2, 1]);
    const copied = logisticRegression(
      denseMatrix([...X, X[0] as number[], X[4] as number[]]),
      [...y, 0, 0],
      0.1,
    );
    expectClose(weighted.intercept, copied.intercept, { abs: 1e-9 });
    expectClose(weighted.coefficients[0], copied.coefficients[0] as number, { abs: 1e-9 });
  });

  test('the mean prediction equals the base rate, the intercept being free', () => {
    const fit = logisticRegression(denseMatrix(X), y, 3);
    const mean =
      X.reduce(
        (sum, [x]) =>
          sum + sigmoid(fit.intercept + (fit.coefficients[0] as number) * (x as number)),
        0,
      ) / X.length;
    expectClose(mean, 0.5, { abs: 1e-9 });
  });

  test('dependent columns without a penalty are reported, not hidden', () => {
    const twice = X.map(([x]) => [x as number, x as number]);
    expect(logisticRegression(denseMatrix(twice), y, 0).converged).toBe(false);
    expect(logisticRegression(denseMatrix(twice), y, 1e-3).converged).toBe(true);
  });
});

describe('logisticStandardErrors', () => {
  test('of a two by two table are those of its log odds ratio', () => {
    // Rows by column value and label.
    const cells = [
      { x: 0, y: 0, count: 12 },
      { x: 0, y: 1, count: 5 },
      { x: 1, y: 0, count: 7 },
      { x: 1, y: 1, count: 9 },
    ];
    const design = denseMatrix(cells.map(({ x }) => [x]));
    const labels = cells.map(({ y }) => y);
    const weights = cells.map(({ count }) => count);
    const errors = logisticStandardErrors(
      design,
      logisticRegression(design, labels, 0, weights),
      weights,
    );
    expectClose(errors?.[0], Math.sqrt(1 / 12 + 1 / 5), { abs: 1e-9 });
    expectClose(errors?.[1], Math.sqrt(1 / 12 + 1 / 5 + 1 / 7 + 1 / 9), { abs: 1e-9 });
  });

  test('dependent columns have none', () => {
    const design = denseMatrix([
      [1, 1],
      [0, 0],
      [1, 1],
    ]);
    const fit = { intercept: 0, coefficients: Float64Array.of(0, 0), converged: false };
    expect(logisticStandardErrors(design, fit)).toBeNull();
  });
});

test('choleskySolve inverts what a positive definite matrix maps', () => {
  const size = 4;
  const entry = fc.double({ min: -3, max: 3, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: size * size, maxLength: size * size }),
      fc.array(entry, { minLength: size, maxLength: size }),
      (factor, x) => {
        const matrix = new Float64Array(size * size);
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++) {
            let sum = i === j ? 1 : 0;
            for (let k = 0; k < size; k++)
              sum += (factor[i * size + k] as number) * (factor[j * size + k] as number);
            matrix[i * size + j] = sum;
          }
        const right = new Float64Array(size);
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++)
            right[i] = (right[i] as number) + (matrix[i * size + j] as number) * (x[j] as number);
        const solved = choleskySolve(matrix, right);
        for (let i = 0; i < size; i++) expectClose(solved?.[i], x[i] as number, { abs: 1e-8 });
      },
    ),
  );
});
