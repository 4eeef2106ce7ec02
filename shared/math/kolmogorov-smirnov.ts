/**
 * The two-sample Kolmogorov–Smirnov statistic: the largest distance between the two empirical
 * distribution functions.
 *
 * Source: Hodges (1958), "The significance probability of the Smirnov two-sample test".
 * @param a finite, not empty, in any order
 * @param b likewise
 * @returns a number in [0, 1]
 */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [left, right] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [i, j, largest] = [0, 0, 0];
  while (i < left.length && j < right.length) {
    const value = Math.min(left[i] as number, right[j] as number);
    while (left[i] === value) i++;
    while (right[j] === value) j++;
    largest = Math.max(largest, Math.abs(i * right.length - j * left.length));
  }
  return largest / (left.length * right.length);
}
