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
  const excess = new Float64Array(bins);
  let total = 0;
  for (let row = 0; row < probabilities.length; row++) {
    const weight = weights ? (weights[row] as number) : 1;
    const probability = probabilities[row] as number;
    const bin = Math.min(Math.floor(probability * bins), bins - 1);
    excess[bin] = (excess[bin] as number) + weight * ((labels[row] as number) - probability);
    total += weight;
  }
  if (total === 0) return null;
  let error = 0;
  for (const difference of excess) error += Math.abs(difference);
  return error / total;
}
