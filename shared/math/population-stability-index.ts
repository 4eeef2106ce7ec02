/** A share of 0 would make the index infinite. */
const LEAST_SHARE = 1e-4;

/**
 * Population stability index: Σ (current − baseline) · ln(current / baseline) over the shares of rows
 * in bins or categories, each share raised to at least 1e-4.
 *
 * Source: Siddiqi (2006), "Credit risk scorecards", 10.
 * @param baselineCounts rows by bin, not all 0
 * @param currentCounts rows by the same bins, not all 0
 */
export function populationStabilityIndex(
  baselineCounts: ArrayLike<number>,
  currentCounts: ArrayLike<number>,
): { readonly psi: number; readonly contributions: Float64Array } {
  const baseline = shares(baselineCounts);
  const contributions = shares(currentCounts).map((share, bin) => {
    const current = Math.max(share, LEAST_SHARE);
    const expected = Math.max(baseline[bin] as number, LEAST_SHARE);
    return (current - expected) * Math.log(current / expected);
  });
  return { psi: contributions.reduce((sum, one) => sum + one, 0), contributions };
}

export type StabilityLevel = 'none' | 'moderate' | 'major';

/** How large a shift the index means, by the customary bounds 0.1 and 0.25 (Siddiqi 2006). */
export function stabilityLevel(psi: number): StabilityLevel {
  if (psi < 0.1) return 'none';
  return psi < 0.25 ? 'moderate' : 'major';
}

function shares(counts: ArrayLike<number>): Float64Array {
  const numbers = Float64Array.from(counts);
  const total = numbers.reduce((sum, count) => sum + count, 0);
  return numbers.map((count) => count / total);
}
