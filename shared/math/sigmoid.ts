/**
 * The logistic function 1 / (1 + e^-x), without overflow for any finite x.
 * @param x log-odds
 * @returns probability in [0, 1]
 */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const exponential = Math.exp(x);
  return exponential / (1 + exponential);
}
