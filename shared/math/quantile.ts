/**
 * Quantile of sorted numbers by linear interpolation at position p · (n − 1): type 7 of Hyndman &
 * Fan (1996), "Sample quantiles in statistical packages".
 * @param sorted ascending, not empty
 * @param p in [0, 1]
 */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const position = p * (sorted.length - 1);
  const index = Math.floor(position);
  const lower = sorted[index] as number;
  if (index + 1 >= sorted.length) return lower;
  return lower + ((sorted[index + 1] as number) - lower) * (position - index);
}
