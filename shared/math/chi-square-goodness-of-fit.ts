import { type ChiSquareTest, chiSquareTest } from './chi-square-test.ts';

/**
 * Pearson's test of whether counts fit a distribution: Σ (observed − expected)² / expected.
 *
 * Source: Pearson (1900), "On the criterion that a given system of deviations …".
 * @param observed counts by category, at least two categories
 * @param weights of the categories under the hypothesis, > 0, of any sum
 */
export function chiSquareGoodnessOfFit(
  observed: readonly number[],
  weights: readonly number[],
): ChiSquareTest & { readonly expectedCounts: readonly number[] } {
  const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
  const [rows, weight] = [sum(observed), sum(weights)];
  const expectedCounts = weights.map((one) => (rows * one) / weight);
  const statistic = sum(
    observed.map((count, category) => {
      const expected = expectedCounts[category] as number;
      return (count - expected) ** 2 / expected;
    }),
  );
  return { ...chiSquareTest(statistic, observed.length - 1), expectedCounts };
}
