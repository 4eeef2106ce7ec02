/**
 * The exact probability that two samples of one continuous distribution differ by this
 * Kolmogorov–Smirnov statistic or more: the share of lattice paths from (0, 0) to (n1, n2) that reach
 * |i · n2 − j · n1| ≥ n1 · n2 · statistic. With ties it is an upper bound. Takes n1 · n2 steps.
 *
 * Source: Hodges (1958), "The significance probability of the Smirnov two-sample test".
 * @param statistic of samples of these sizes, in [0, 1]
 * @param n1 size of one sample, > 0
 * @param n2 size of the other
 */
export function kolmogorovSmirnovExactPValue(statistic: number, n1: number, n2: number): number {
  const reach = Math.round(statistic * n1 * n2);
  // By j: of the paths to (i, j), the share that has stayed inside.
  const inside = new Float64Array(n2 + 1);
  for (let i = 0; i <= n1; i++) {
    for (let j = 0; j <= n2; j++) {
      const fromLeft = i === 0 ? 0 : (inside[j] as number) * i;
      const fromBelow = j === 0 ? 0 : (inside[j - 1] as number) * j;
      const share = i + j === 0 ? 1 : (fromLeft + fromBelow) / (i + j);
      inside[j] = Math.abs(i * n2 - j * n1) >= reach ? 0 : share;
    }
  }
  return 1 - (inside[n2] as number);
}
