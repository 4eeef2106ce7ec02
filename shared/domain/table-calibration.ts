import { isotonicRegression, isotonicValue } from '../math/isotonic-regression.ts';
import { logLoss } from '../math/log-loss.ts';
import { plattScaling } from '../math/platt-scaling.ts';
import { sigmoid } from '../math/sigmoid.ts';

const CALIBRATIONS = ['none', 'platt', 'isotonic'] as const;
type CalibrationKind = (typeof CALIBRATIONS)[number];

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
 * The simplest calibration that measures well: each kind is fitted on all parts but one and measured
 * on that one, and a kind replaces a simpler one if its log loss is lower by more than the standard
 * error of the difference. The chosen kind is then fitted on all margins.
 *
 * Source of the rule: Hastie, Tibshirani & Friedman, "The Elements of Statistical Learning", 7.10.
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
  const losses = {
    none: unseenLosses(FITS.none, margins, labels, part, parts),
    platt: unseenLosses(FITS.platt, margins, labels, part, parts),
    isotonic: unseenLosses(FITS.isotonic, margins, labels, part, parts),
  };
  const kind = CALIBRATIONS.reduce((chosen, other) =>
    isClearlyLess(losses[other], losses[chosen]) ? other : chosen,
  );
  return {
    kind,
    logLoss: {
      none: meanOf(losses.none),
      platt: meanOf(losses.platt),
      isotonic: meanOf(losses.isotonic),
    },
    probability: FITS[kind](margins, labels),
  };
}

/** Log loss of each row, calibrated by the other parts. */
function unseenLosses(
  calibrated: Fit,
  margins: Float64Array,
  labels: Uint8Array,
  part: Uint8Array,
  parts: number,
): Float64Array {
  const losses = new Float64Array(margins.length);
  for (let held = 0; held < parts; held++) {
    const elsewhere = (_: number, row: number) => part[row] !== held;
    const probability = calibrated(margins.filter(elsewhere), labels.filter(elsewhere));
    for (const [row, margin] of margins.entries())
      if (part[row] === held)
        losses[row] = logLoss([probability(margin)], [labels[row] as number]) as number;
  }
  return losses;
}

function isClearlyLess(losses: Float64Array, others: Float64Array): boolean {
  const gains = losses.map((loss, row) => (others[row] as number) - loss);
  const gain = meanOf(gains);
  const variance = meanOf(gains.map((one) => (one - gain) ** 2));
  return gain > Math.sqrt(variance / gains.length);
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
