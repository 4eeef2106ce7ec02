import type { SparseMatrix } from '../../shared/math/sparse-matrix.ts';

/** Every cell of the rows, zeros too. */
export function denseMatrix(rows: readonly (readonly number[])[]): SparseMatrix {
  const columnCount = rows[0]?.length ?? 0;
  return {
    columnCount,
    rowStarts: Uint32Array.from({ length: rows.length + 1 }, (_, row) => row * columnCount),
    columns: Uint16Array.from(rows.flatMap((row) => row.map((_, column) => column))),
    values: Float64Array.from(rows.flat()),
  };
}
