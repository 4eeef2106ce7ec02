import type { SparseMatrix } from './sparse-matrix.ts';

/** A design of one column: `values[i]` in row i. */
export function singleColumn(values: ArrayLike<number>): SparseMatrix {
  const rows = values.length;
  return {
    columnCount: 1,
    rowStarts: Uint32Array.from({ length: rows + 1 }, (_, row) => row),
    columns: new Uint16Array(rows),
    values: Float64Array.from(values),
  };
}
