/**
 * The asymptotic probability that two samples of one continuous distribution differ by this
 * Kolmogorov–Smirnov statistic or more.
 *
 * Source: Kolmogorov (1933) and, below λ = 1, the theta-function form of the same series; see Marsaglia,
 * Tsang & Wang (2003), "Evaluating Kolmogorov's distribution".
 * @param statistic in [0, 1]
 * @param n1 size of one sample, > 0
 * @param n2 size of the other
 */
export function kolmogorovSmirnovPValue(statistic: number, n1: number, n2: number): number {
  const lambda = Math.sqrt((n1 * n2) / (n1 + n2)) * statistic;
  if (lambda === 0) return 1;
  let sum = 0;
  if (lambda < 1) {
    for (let k = 1; k <= TERMS; k++)
      sum += Math.exp((-((2 * k - 1) ** 2) * Math.PI ** 2) / (8 * lambda ** 2));
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * sum;
  }
  for (let k = TERMS; k >= 1; k--)
    sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k ** 2 * lambda ** 2);
  return 2 * sum;
}

/** The terms fall faster than e^(−k²) in both forms. */
const TERMS = 20;
