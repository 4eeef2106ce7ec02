import { ratio } from './ratio.ts';

/** Weight of rows by what was predicted and what is true. */
export interface ConfusionMatrix {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/**
 * The confusion matrix where rows with this score or a higher one are called positive.
 * @param scores finite
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 */
export function confusionMatrix(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  threshold: number,
  weights?: ArrayLike<number>,
): ConfusionMatrix {
  let [truePositives, falsePositives, falseNegatives, trueNegatives] = [0, 0, 0, 0];
  for (let row = 0; row < scores.length; row++) {
    const weight = weights ? (weights[row] as number) : 1;
    const called = (scores[row] as number) >= threshold;
    if (labels[row] === 1) {
      if (called) truePositives += weight;
      else falseNegatives += weight;
    } else if (called) falsePositives += weight;
    else trueNegatives += weight;
  }
  return { truePositives, falsePositives, falseNegatives, trueNegatives };
}

/** Each in [0, 1], Matthews' correlation in [−1, 1]; null where a ratio is 0 / 0. */
export interface ConfusionRatios {
  readonly precision: number | null;
  /** Also true positive rate. */
  readonly recall: number | null;
  readonly f1: number | null;
  readonly accuracy: number | null;
  readonly specificity: number | null;
  readonly falsePositiveRate: number | null;
  readonly matthewsCorrelation: number | null;
}

/**
 * The usual ratios of a confusion matrix.
 *
 * Source: Fawcett (2006), "An introduction to ROC analysis"; Matthews (1975) for the correlation.
 */
export function confusionRatios(matrix: ConfusionMatrix): ConfusionRatios {
  const { truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn } = matrix;
  return {
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
    accuracy: ratio(tp + tn, tp + fp + fn + tn),
    specificity: ratio(tn, tn + fp),
    falsePositiveRate: ratio(fp, tn + fp),
    matthewsCorrelation: ratio(
      tp * tn - fp * fn,
      Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn),
    ),
  };
}
