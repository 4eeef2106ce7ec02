import { equalWidthBins, type ReliabilityBin } from './reliability-bins.ts';

/**
 * Expected calibration error over equal-width bins: Σ (weight of bin / weight) ·
 * |observed rate − mean prediction|, bins closed on the left, the last one on both sides.
 *
 * Source: Naeini, Cooper & Hauskrecht (2015), "Obtaining well calibrated probabilities using
 * Bayesian binning".
 * @param probabilities in [0, 1]
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @param bins number of bins
 * @returns a number in [0, 1], or null when no row has weight
 */
export function expectedCalibrationError(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
  bins = 10,
): number | null {
  return calibrationErrors(equalWidthBins(probabilities, labels, weights, bins))?.expected ?? null;
}

export interface CalibrationErrors {
  /** Mean over the rows of their bin's |observed rate − mean prediction|. */
  readonly expected: number;
  /** The largest of them. */
  readonly maximum: number;
}

/**
 * How far the observed rates of bins are from what was predicted there.
 * @returns numbers in [0, 1], or null when no bin has weight
 */
export function calibrationErrors(bins: readonly ReliabilityBin[]): CalibrationErrors | null {
  let [sum, total, maximum] = [0, 0, 0];
  for (const { weight, meanPredicted, observedRate } of bins) {
    if (meanPredicted === null || observedRate === null) continue;
    const error = Math.abs(observedRate - meanPredicted);
    sum += weight * error;
    total += weight;
    maximum = Math.max(maximum, error);
  }
  return total > 0 ? { expected: sum / total, maximum } : null;
}
