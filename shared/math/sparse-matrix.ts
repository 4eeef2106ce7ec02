/**
 * A matrix in compressed sparse rows: row i holds `values[k]` in `columns[k]` for k from
 * `rowStarts[i]` to `rowStarts[i + 1] - 1`.
 */
export interface SparseMatrix {
  readonly columnCount: number;
  /** One more entry than there are rows. */
  readonly rowStarts: Uint32Array;
  readonly columns: Uint16Array;
  readonly values: Float64Array;
}
