import { sigmoid } from './sigmoid.ts';

/**
 * Temperature scaling: the T > 0 for which sigmoid(score / T) has the least cross-entropy. Above 1 the
 * model was too sure of itself. The slope of the cross-entropy in 1 / T rises, so its root is found by
 * Newton's method inside a bracket.
 *
 * Source: Guo, Pleiss, Sun & Weinberger (2017), "On calibration of modern neural networks".
 * @param scores finite margins (log-odds)
 * @param labels 0 or 1
 * @returns null when no T is best: the scores part the classes, or say nothing or the contrary of them
 */
export function temperatureScaling(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): number | null {
  if (slopeAt(0, scores, labels).slope >= 0) return null;
  let [low, high] = [0, 1];
  let end = slopeAt(high, scores, labels);
  while (end.slope < 0) {
    [low, high] = [high, 2 * high];
    end = slopeAt(high, scores, labels);
  }
  // Every row is certain to the last bit, and right.
  if (end.curvature === 0) return null;
  let inverse = high;
  for (let step = 0; step < MAX_STEPS; step++) {
    const { slope, curvature } = slopeAt(inverse, scores, labels);
    if (slope > 0) high = inverse;
    else low = inverse;
    const newton = inverse - slope / curvature;
    const next = newton >= low && newton <= high ? newton : (low + high) / 2;
    if (Math.abs(next - inverse) <= Number.EPSILON * inverse) return 1 / next;
    inverse = next;
  }
  return 1 / inverse;
}

const MAX_STEPS = 200;

function slopeAt(inverse: number, scores: ArrayLike<number>, labels: ArrayLike<number>) {
  let [slope, curvature] = [0, 0];
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row] as number;
    const probability = sigmoid(inverse * score);
    slope += (probability - (labels[row] as number)) * score;
    curvature += probability * (1 - probability) * score * score;
  }
  return { slope, curvature };
}
