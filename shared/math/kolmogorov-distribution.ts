/**
 * P(K > λ) of the Kolmogorov distribution: 2 · Σ (−1)^(k−1) · e^(−2k²λ²).
 *
 * Source: Kolmogorov (1933) and, below λ = 1, the theta-function form of the same series; see Marsaglia,
 * Tsang & Wang (2003), "Evaluating Kolmogorov's distribution".
 * @param lambda ≥ 0
 * @returns a number in [0, 1]
 */
export function kolmogorovSurvival(lambda: number): number {
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
