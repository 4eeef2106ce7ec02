import type { ReliabilityBin } from './reliability-bins.ts';

/** Brier score ≈ reliability − resolution + uncertainty, exactly so where a bin has one probability. */
export interface BrierDecomposition {
  /** How far observed rates are from predictions, squared; 0 is best. */
  readonly reliability: number;
  /** How far observed rates are from the base rate, squared; more is better. */
  readonly resolution: number;
  /** Base rate · (1 − base rate): what the data leave open. */
  readonly uncertainty: number;
}

/**
 * Murphy's decomposition of the Brier score over bins.
 *
 * Source: Murphy (1973), "A new vector partition of the probability score".
 * @returns null when no bin has weight
 */
export function brierDecomposition(bins: readonly ReliabilityBin[]): BrierDecomposition | null {
  const filled = bins.filter(({ weight }) => weight > 0);
  const total = filled.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return null;
  const mean = (of: (predicted: number, observed: number) => number) =>
    filled.reduce(
      (sum, { weight, meanPredicted, observedRate }) =>
        sum + weight * of(meanPredicted as number, observedRate as number),
      0,
    ) / total;
  const base = mean((_, observed) => observed);
  return {
    reliability: mean((predicted, observed) => (observed - predicted) ** 2),
    resolution: mean((_, observed) => (observed - base) ** 2),
    uncertainty: base * (1 - base),
  };
}
