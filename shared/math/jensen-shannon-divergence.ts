/**
 * Jensen–Shannon divergence of two distributions over the same bins, in nats: the mean of their
 * Kullback–Leibler divergences from their mean.
 *
 * Source: Lin (1991), "Divergence measures based on the Shannon entropy".
 * @param left counts or weights by bin, not all 0
 * @param right likewise
 * @returns a number in [0, ln 2]
 */
export function jensenShannonDivergence(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const [leftTotal, rightTotal] = [sum(left), sum(right)];
  let divergence = 0;
  for (let bin = 0; bin < left.length; bin++) {
    const p = (left[bin] as number) / leftTotal;
    const q = (right[bin] as number) / rightTotal;
    const mean = (p + q) / 2;
    if (p > 0) divergence += (p * Math.log(p / mean)) / 2;
    if (q > 0) divergence += (q * Math.log(q / mean)) / 2;
  }
  return divergence;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let bin = 0; bin < values.length; bin++) total += values[bin] as number;
  return total;
}
