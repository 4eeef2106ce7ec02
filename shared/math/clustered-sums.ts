/**
 * Sums of rows by their cluster, for statistics that are made of sums: a draw of clusters then costs
 * a pass over clusters instead of rows.
 * @param value of a row
 */
export function sumByCluster(
  clusterOf: ArrayLike<number>,
  clusterCount: number,
  value: (row: number) => number,
): Float64Array {
  const sums = new Float64Array(clusterCount);
  for (let row = 0; row < clusterOf.length; row++) {
    const cluster = clusterOf[row] as number;
    sums[cluster] = (sums[cluster] as number) + value(row);
  }
  return sums;
}

/** The sum over all rows where each cluster counts as often as it was drawn. */
export function drawnSum(sums: Float64Array, drawn: ArrayLike<number>): number {
  let total = 0;
  for (let cluster = 0; cluster < sums.length; cluster++)
    total += (sums[cluster] as number) * (drawn[cluster] as number);
  return total;
}
