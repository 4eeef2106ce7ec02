import { ratio } from './ratio.ts';

/**
 * Spiegelhalter's test statistic of calibration: the excess of the Brier score over what calibrated
 * probabilities would get, in its standard deviations; standard normal when they are.
 *
 * Source: Spiegelhalter (1986), "Probabilistic prediction in patient management and clinical trials".
 * @param probabilities in [0, 1]
 * @param labels 0 or 1
 * @returns null when all probabilities are 0, ½ or 1, which have no variance
 */
export function spiegelhalterZ(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
): number | null {
  let [excess, variance] = [0, 0];
  for (let row = 0; row < probabilities.length; row++) {
    const p = probabilities[row] as number;
    excess += ((labels[row] as number) - p) * (1 - 2 * p);
    variance += (1 - 2 * p) ** 2 * p * (1 - p);
  }
  return ratio(excess, Math.sqrt(variance));
}
