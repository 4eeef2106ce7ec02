import { calibrationSlope } from './calibration-slope.ts';
import { drawnSum, sumByCluster } from './clustered-sums.ts';
import { logit } from './logit.ts';
import { sigmoid } from './sigmoid.ts';

/**
 * The calibration slope where each cluster of rows counts as often as it was drawn: one Newton step
 * from the fit to all rows, which needs sums by cluster only.
 *
 * Source: Davison & Hinkley (1997), "Bootstrap Methods and their Application", 7.3 (one-step
 * bootstrap); Cox (1958) for the slope.
 * @param probabilities strictly between 0 and 1
 * @param labels 0 or 1
 * @param clusterOf cluster of each row, 0 … clusterCount − 1
 * @param weights row weights ≥ 0
 * @returns null when the slope of all rows is undefined
 */
export function calibrationSlopeDraws(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  clusterOf: ArrayLike<number>,
  clusterCount: number,
  weights: ArrayLike<number>,
): ((drawn: ArrayLike<number>) => number | null) | null {
  const fit = calibrationSlope(probabilities, labels, weights);
  if (fit === null) return null;
  const margins = Float64Array.from(probabilities, logit);
  const fitted = margins.map((margin) => sigmoid(fit.intercept + fit.slope * margin));
  const at = (values: ArrayLike<number>, row: number) => values[row] as number;
  const sum = (value: (row: number) => number) => sumByCluster(clusterOf, clusterCount, value);
  const residual = (row: number) => at(weights, row) * (at(labels, row) - at(fitted, row));
  const information = (row: number) => at(weights, row) * at(fitted, row) * (1 - at(fitted, row));
  const gradient0 = sum(residual);
  const gradient1 = sum((row) => residual(row) * at(margins, row));
  const hessian00 = sum(information);
  const hessian01 = sum((row) => information(row) * at(margins, row));
  const hessian11 = sum((row) => information(row) * at(margins, row) ** 2);
  return (drawn) => {
    const h00 = drawnSum(hessian00, drawn);
    const h01 = drawnSum(hessian01, drawn);
    const h11 = drawnSum(hessian11, drawn);
    const determinant = h00 * h11 - h01 * h01;
    if (!(determinant > 0)) return null;
    const step = h00 * drawnSum(gradient1, drawn) - h01 * drawnSum(gradient0, drawn);
    return fit.slope + step / determinant;
  };
}
