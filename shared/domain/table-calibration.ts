import { isotonicRegression, isotonicValue } from '../math/isotonic-regression.ts';
import { logLoss } from '../math/log-loss.ts';
import { plattScaling } from '../math/platt-scaling.ts';
import { sigmoid } from '../math/sigmoid.ts';

export const CALIBRATIONS = ['none', 'platt', 'isotonic'] as const;
export type CalibrationKind = (typeof CALIBRATIONS)[number];

export interface ChosenCalibration {
  readonly kind: CalibrationKind;
  /** Log loss of each kind, on margins that its fit had not seen. */
  readonly logLoss: Readonly<Record<CalibrationKind, number>>;
  readonly probability: (margin: number) => number;
}

type Fit = (margins: Float64Array, labels: Uint8Array) => (margin: number) => number;

const FITS: Readonly<Record<CalibrationKind, Fit>> = {
  none: () => sigmoid,
  platt(margins, labels) {
    const { a, b } = plattScaling(margins, labels);
    return (margin) => sigmoid(-(a * margin + b));
  },
  isotonic(margins, labels) {
    const fit = isotonicRegression(margins, labels);
    // A run of labels that are all alike is no certainty: Laplace's bound.
    const least = 1 / (margins.length + 2);
    return (margin) => Math.min(1 - least, Math.max(least, isotonicValue(fit, margin)));
  },
};

/**
 * The calibration of the least log loss, each kind fitted on all parts but one and measured on that
 * one; of equals the simplest. The chosen kind is then fitted on all margins.
 * @param margins log-odds of rows that the model of their part had not seen
 * @param labels 0 or 1, both in every part
 * @param part of each row, 0 … parts − 1
 */
export function chooseCalibration(
  margins: Float64Array,
  labels: Uint8Array,
  part: Uint8Array,
  parts: number,
): ChosenCalibration {
  const loss = { none: 0, platt: 0, isotonic: 0 };
  for (const kind of CALIBRATIONS) {
    const probabilities = new Float64Array(margins.length);
    for (let held = 0; held < parts; held++) {
      const elsewhere = (_: number, row: number) => part[row] !== held;
      const probability = FITS[kind](margins.filter(elsewhere), labels.filter(elsewhere));
      for (const [row, margin] of margins.entries())
        if (part[row] === held) probabilities[row] = probability(margin);
    }
    loss[kind] = logLoss(probabilities, labels) as number;
  }
  const kind = CALIBRATIONS.reduce((best, other) => (loss[other] < loss[best] ? other : best));
  return { kind, logLoss: loss, probability: FITS[kind](margins, labels) };
}
