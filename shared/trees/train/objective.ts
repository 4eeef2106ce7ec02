import { NotEnoughData } from '../../errors.ts';
import type { CompleteParameters } from './parameters.ts';
import { checkEvery, type TrainingData } from './training-data.ts';

/**
 * What is minimised: first and second derivatives by the margin, in XGBoost's float32 steps
 * (`src/objective` there), and the mean loss that early stopping compares.
 */
export interface TrainingObjective {
  /** @throws InvalidRequest for a label outside the objective's range */
  readonly checkLabels: (labels: Float32Array) => void;
  /** The margin of a prediction. */
  readonly marginOf: (mean: number) => number;
  /** Writes gradient and hessian of row i to `pairs[2i]` and `[2i + 1]`. */
  readonly gradients: (
    margins: Float32Array,
    labels: Float32Array,
    weights: Float32Array | undefined,
    pairs: Float32Array,
    exponentials: Exponentials,
  ) => void;
  /** Loss of one row: log loss, squared error, negative log-likelihood of Tweedie or Poisson. */
  readonly loss: (margin: number, label: number) => number;
  /** The metric from the weighted mean of losses: its root for squared error. */
  readonly metric: (meanLoss: number) => number;
}

/** Many exponentials at once: `compute` replaces each of `values`, one a row, by its exponential. */
export interface Exponentials {
  readonly values: Float32Array;
  readonly compute: () => void;
}

const { exp, fround, log } = Math;
const LEAST_HESSIAN = fround(1e-16);

export function trainingObjective(parameters: CompleteParameters): TrainingObjective {
  switch (parameters.objective) {
    case 'binary:logistic':
      return logistic;
    case 'reg:squarederror':
      return squaredError;
    case 'count:poisson':
      return poisson(fround(parameters.maxDeltaStep));
    case 'reg:tweedie':
      return tweedie(fround(parameters.tweedieVariancePower));
  }
}

/**
 * The labels' weighted mean, which XGBoost from version 3.1 takes for its `base_score`: float32.
 * @throws NotEnoughData where its margin is not finite: one class only, or counts that are all 0
 */
export function estimatedBaseScore(objective: TrainingObjective, data: TrainingData): number {
  const mean = fround(weightedMean(data, (row) => data.labels[row] as number));
  if (Number.isFinite(objective.marginOf(mean))) return mean;
  throw new NotEnoughData(`the labels' mean is ${mean}: there is nothing to tell apart`);
}

/** The objective's metric over rows. */
export function meanLoss(
  objective: TrainingObjective,
  margins: Float32Array,
  data: TrainingData,
): number {
  const { labels } = data;
  const loss = (row: number) => objective.loss(margins[row] as number, labels[row] as number);
  return objective.metric(weightedMean(data, loss));
}

function weightedMean({ labels, weights }: TrainingData, value: (row: number) => number): number {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights?.[row] ?? 1;
    sum += weight * value(row);
    total += weight;
  }
  return sum / total;
}

const itself = (value: number) => value;

const logistic: TrainingObjective = {
  checkLabels: (labels) =>
    checkEvery('labels', labels, (label) => label >= 0 && label <= 1, 'not between 0 and 1'),
  marginOf: (mean) => fround(-log(fround(fround(1 / mean) - 1))),
  gradients(margins, labels, weights, pairs, { values, compute }) {
    for (let row = 0; row < labels.length; row++) values[row] = -(margins[row] as number);
    compute();
    for (let row = 0; row < labels.length; row++) {
      const probability = fround(1 / fround((values[row] as number) + 1));
      const weight = weights === undefined ? 1 : (weights[row] as number);
      const gradient = fround(probability - (labels[row] as number));
      const hessian = fround(probability * fround(1 - probability));
      pairs[2 * row] = gradient * weight;
      pairs[2 * row + 1] = Math.max(hessian, LEAST_HESSIAN) * weight;
    }
  },
  // log(1 + e^m) − y·m, without overflow
  loss: (margin, label) =>
    Math.max(margin, 0) + Math.log1p(exp(-Math.abs(margin))) - label * margin,
  metric: itself,
};

const squaredError: TrainingObjective = {
  checkLabels: () => {},
  marginOf: itself,
  gradients(margins, labels, weights, pairs) {
    for (let row = 0; row < labels.length; row++) {
      const weight = weights === undefined ? 1 : (weights[row] as number);
      pairs[2 * row] = fround((margins[row] as number) - (labels[row] as number)) * weight;
      pairs[2 * row + 1] = weight;
    }
  },
  loss: (margin, label) => (margin - label) ** 2,
  metric: Math.sqrt,
};

const notNegative = (labels: Float32Array) =>
  checkEvery('labels', labels, (label) => label >= 0, 'negative');

function poisson(maxDeltaStep: number): TrainingObjective {
  return {
    checkLabels: notNegative,
    marginOf: (mean) => fround(log(mean)),
    gradients(margins, labels, weights, pairs, { values, compute }) {
      values.set(margins);
      compute();
      for (let row = 0; row < labels.length; row++) {
        const weight = weights === undefined ? 1 : (weights[row] as number);
        pairs[2 * row] = fround((values[row] as number) - (labels[row] as number)) * weight;
        values[row] = (margins[row] as number) + maxDeltaStep;
      }
      compute();
      for (let row = 0; row < labels.length; row++) {
        const weight = weights === undefined ? 1 : (weights[row] as number);
        pairs[2 * row + 1] = (values[row] as number) * weight;
      }
    },
    // without log(y!), which no model changes
    loss: (margin, label) => exp(margin) - label * margin,
    metric: itself,
  };
}

function tweedie(power: number): TrainingObjective {
  const one = fround(1 - power);
  const two = fround(2 - power);
  return {
    checkLabels: notNegative,
    marginOf: (mean) => fround(log(mean)),
    gradients(margins, labels, weights, pairs, { values, compute }) {
      for (let row = 0; row < labels.length; row++) values[row] = one * (margins[row] as number);
      compute();
      for (let row = 0; row < labels.length; row++) {
        pairs[2 * row] = values[row] as number;
        values[row] = two * (margins[row] as number);
      }
      compute();
      for (let row = 0; row < labels.length; row++) {
        const label = labels[row] as number;
        const weight = weights === undefined ? 1 : (weights[row] as number);
        const first = pairs[2 * row] as number;
        const second = values[row] as number;
        pairs[2 * row] = fround(fround(-label * first) + second) * weight;
        pairs[2 * row + 1] =
          fround(fround(fround(-label * one) * first) + fround(two * second)) * weight;
      }
    },
    // at power 1 the first term's denominator vanishes: Poisson's likelihood is its limit
    loss: (margin, label) =>
      one === 0
        ? exp(margin) - label * margin
        : (-label * exp(one * margin)) / one + exp(two * margin) / two,
    metric: itself,
  };
}
