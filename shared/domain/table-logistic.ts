import { logisticRegression } from '../math/logistic-regression.ts';
import { sigmoid } from '../math/sigmoid.ts';
import type { SparseMatrix } from '../math/sparse-matrix.ts';
import { type TableInput, type TableValues, valuesAt } from './table-columns.ts';

/** Penalty on the squared log-odds of a standard deviation or a category. */
const L2 = 1;

/** How one input enters the design: its place, and what makes its numbers comparable. */
interface Term {
  readonly first: number;
  /** By category one column; of a number its standardised value, and one for missing. */
  readonly categories: number | null;
  readonly mean: number;
  readonly deviation: number;
}

/**
 * The baseline that trees must beat: a linear logistic regression on standardised numbers and
 * one-hot categories, with a small ridge penalty. A missing number stands at the mean, and missing
 * has a weight of its own.
 * @param rows to fit on
 * @returns probabilities of any rows with these inputs
 */
export function fitTableLogistic(
  inputs: readonly TableInput[],
  values: TableValues,
  labels: Uint8Array,
  rows: Uint32Array,
): (values: TableValues) => Float64Array {
  const fitted = valuesAt(values, rows);
  const terms: Term[] = [];
  let size = 0;
  for (const [index, { categories }] of inputs.entries()) {
    const count = categories?.length ?? null;
    terms.push({ first: size, categories: count, ...momentsOf(fitted[index] as Float32Array) });
    size += count ?? 2;
  }
  const { intercept, coefficients } = logisticRegression(
    designOf(terms, fitted, size),
    Uint8Array.from(rows, (row) => labels[row] as number),
    L2,
  );
  return (others) => {
    const design = designOf(terms, others, size);
    return Float64Array.from({ length: design.rowStarts.length - 1 }, (_, row) => {
      let margin = intercept;
      const end = design.rowStarts[row + 1] as number;
      for (let k = design.rowStarts[row] as number; k < end; k++)
        margin +=
          (design.values[k] as number) * (coefficients[design.columns[k] as number] as number);
      return sigmoid(margin);
    });
  };
}

function momentsOf(column: Float32Array): { mean: number; deviation: number } {
  const present = column.filter((value) => !Number.isNaN(value));
  const mean = present.reduce((sum, value) => sum + value / present.length, 0);
  const variance = present.reduce((sum, value) => sum + (value - mean) ** 2 / present.length, 0);
  return { mean, deviation: Math.sqrt(variance) || 1 };
}

function designOf(terms: readonly Term[], values: TableValues, size: number): SparseMatrix {
  const rows = values[0]?.length ?? 0;
  const rowStarts = new Uint32Array(rows + 1);
  const columns = new Uint16Array(rows * terms.length);
  const entries = new Float64Array(columns.length);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    for (const [index, { first, categories, mean, deviation }] of terms.entries()) {
      const value = values[index]?.[row] as number;
      const missing = Number.isNaN(value);
      if (missing && categories !== null) continue;
      columns[end] = categories === null ? first + Number(missing) : first + value;
      entries[end] = categories === null && !missing ? (value - mean) / deviation : 1;
      end++;
    }
    rowStarts[row + 1] = end;
  }
  return {
    columnCount: size,
    rowStarts,
    columns: columns.subarray(0, end),
    values: entries.subarray(0, end),
  };
}
