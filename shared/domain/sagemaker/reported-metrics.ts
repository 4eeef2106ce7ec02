import { PredictionsDiffer, UnsupportedHyperparameter } from '../../errors.ts';
import { logGamma } from '../../math/log-gamma.ts';
import { logLoss } from '../../math/log-loss.ts';
import { rocAuc } from '../../math/roc-auc.ts';
import type { Forest } from '../../trees/forest.ts';
import type { TrainingData } from '../../trees/train.ts';
import { predictionsOf } from './artifact-parity.ts';

/** An entry of a training job's `FinalMetricDataList`. */
export interface ReportedMetric {
  /** E.g. `validation:logloss`. */
  readonly MetricName: string;
  readonly Value: number;
}

type Measure = (predictions: Float32Array, data: TrainingData) => number;

/** XGBoost's metrics by its names: weighted means over rows. */
const MEASURES: Readonly<Record<string, Measure>> = {
  logloss: (predictions, { labels, weights }) =>
    logLoss(predictions, labels, weights) ?? Number.NaN,
  error: meanOf((prediction, label) => Number(prediction > 0.5 !== (label === 1))),
  // One class only: XGBoost warns and says 0.
  auc: (predictions, { labels, weights }) => rocAuc(predictions, labels, weights) ?? 0,
  mae: meanOf((prediction, label) => Math.abs(prediction - label)),
  rmse: (predictions, data) => Math.sqrt(meanOf((p, label) => (p - label) ** 2)(predictions, data)),
  'poisson-nloglik': meanOf(
    (prediction, label) => logGamma(label + 1) + prediction - Math.log(prediction) * label,
  ),
};

/** The container prints five decimals; float32 sums over many rows end a little apart. */
const ROUNDING = 2e-5;

/**
 * A model's metrics on a channel, as the container reports them.
 * @param channel `train` or `validation`
 * @throws UnsupportedHyperparameter for a metric that is not computed here
 */
export function reportedMetrics(
  forest: Forest,
  channel: string,
  data: TrainingData,
  metrics: readonly string[],
): readonly ReportedMetric[] {
  const predictions = predictionsOf(forest, data.columns);
  return metrics.map((name) => ({
    MetricName: `${channel}:${name}`,
    Value: measureOf(name)(predictions, data),
  }));
}

/**
 * Checks a converted model by what the job that trained it reported on a channel. A container that
 * stopped early reports its last tree, while it keeps the best one: compare predictions then
 * (`requireParity`).
 * @throws PredictionsDiffer naming the metric and both values
 * @throws UnsupportedHyperparameter for a metric that is not computed here
 */
export function requireReportedMetric(
  forest: Forest,
  channel: string,
  data: TrainingData,
  { MetricName, Value }: ReportedMetric,
): void {
  const name = MetricName.replace(`${channel}:`, '');
  const ours = measureOf(name)(predictionsOf(forest, data.columns), data);
  if (Math.abs(ours - Value) <= ROUNDING * Math.max(1, Math.abs(Value))) return;
  throw new PredictionsDiffer(
    `${MetricName} of the job is ${Value}, of the converted model on the same rows ${ours}: the artifact is of another job, or was not read as its XGBoost means it`,
  );
}

function measureOf(name: string): Measure {
  const measure = Object.hasOwn(MEASURES, name) ? MEASURES[name] : undefined;
  if (measure !== undefined) return measure;
  throw new UnsupportedHyperparameter(
    `eval_metric ${name} is not computed here: one of ${Object.keys(MEASURES).join(', ')} is`,
  );
}

function meanOf(loss: (prediction: number, label: number) => number): Measure {
  return (predictions, { labels, weights }) => {
    let sum = 0;
    let total = 0;
    for (let row = 0; row < labels.length; row++) {
      const weight = weights?.[row] ?? 1;
      sum += weight * loss(predictions[row] as number, labels[row] as number);
      total += weight;
    }
    return sum / total;
  };
}
