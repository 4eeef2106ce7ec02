/**
 * Lorenz curve: the share of the total that the k smallest values hold, by their share of the count.
 *
 * Source: Lorenz (1905), "Methods of measuring the concentration of wealth".
 * @param values ≥ 0, not all 0
 * @returns points [share of the count, share of the total], from (0, 0) to (1, 1)
 */
export function lorenzCurve(values: ArrayLike<number>): readonly (readonly [number, number])[] {
  const sorted = Float64Array.from(values).sort();
  const total = sorted.reduce((sum, one) => sum + one, 0);
  let cumulative = 0;
  const points: [number, number][] = [[0, 0]];
  for (const [index, value] of sorted.entries()) {
    cumulative += value;
    points.push([(index + 1) / sorted.length, cumulative / total]);
  }
  return points;
}

/**
 * Gini coefficient of values: Σ (2i − n − 1) y₍ᵢ₎ / (n Σ y), y ascending; null where the sum is 0.
 *
 * Source: Gini (1912); the formula of Dixon, Weiner, Mitchell-Olds & Woodley (1987), uncorrected.
 */
export function giniCoefficient(values: ArrayLike<number>): number | null {
  const sorted = Float64Array.from(values).sort();
  let [weighted, total] = [0, 0];
  for (const [index, value] of sorted.entries()) {
    weighted += (2 * (index + 1) - sorted.length - 1) * value;
    total += value;
  }
  return total === 0 ? null : weighted / (sorted.length * total);
}
