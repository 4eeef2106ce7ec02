import { averagePrecision } from '../math/average-precision.ts';
import { brierScore } from '../math/brier-score.ts';
import { calibrationSlope } from '../math/calibration-slope.ts';
import { clusterBootstrap } from '../math/cluster-bootstrap.ts';
import { descendingOrder } from '../math/descending-order.ts';
import { expectedCalibrationError } from '../math/expected-calibration-error.ts';
import { logLoss } from '../math/log-loss.ts';
import { percentileInterval } from '../math/percentile-interval.ts';
import { rocAuc } from '../math/roc-auc.ts';
import { seededRandom } from '../math/seeded-random.ts';
import type { MetricInterval } from '../schemas/model.ts';

/** By model, its metrics by name. */
export type TableMetrics = Readonly<Record<string, Readonly<Record<string, MetricInterval>>>>;

type Statistic = (weights: ArrayLike<number>) => number | null;

const DRAWS = 500;

/**
 * Measures models on the same rows, each metric but the calibration slope with a 95 % percentile
 * interval over groups of rows. `auc_gain_over_<model>` is paired: both models on the same draws.
 * @param predictions probabilities by model; each one's gain is measured over those before it
 * @param labels 0 or 1
 * @param groups by row, 0 … groups − 1; null where every row is a group of its own
 */
export function evaluateTable(
  predictions: Readonly<Record<string, Float64Array>>,
  labels: Uint8Array,
  groups: Int32Array | null,
  seed: number,
): TableMetrics {
  const measured: { model: string; metric: string; statistic: Statistic }[] = [];
  const aucs: { model: string; auc: Statistic }[] = [];
  for (const [model, probabilities] of Object.entries(predictions)) {
    const order = descendingOrder(probabilities);
    const auc: Statistic = (weights) => rocAuc(probabilities, labels, weights, order);
    const statistics: Record<string, Statistic> = {
      auc,
      average_precision: (weights) => averagePrecision(probabilities, labels, weights, order),
      log_loss: (weights) => logLoss(probabilities, labels, weights),
      brier: (weights) => brierScore(probabilities, labels, weights),
      ece: (weights) => expectedCalibrationError(probabilities, labels, weights),
    };
    for (const before of aucs)
      statistics[`auc_gain_over_${before.model}`] = (weights) => {
        const [own, other] = [auc(weights), before.auc(weights)];
        return own === null || other === null ? null : own - other;
      };
    aucs.push({ model, auc });
    for (const [metric, statistic] of Object.entries(statistics))
      measured.push({ model, metric, statistic });
  }
  const groupOf = groups ?? Int32Array.from(labels, (_, row) => row);
  const weights = new Float64Array(labels.length);
  const draws = clusterBootstrap(
    groupOf.reduce((most, group) => Math.max(most, group + 1), 0),
    (drawn) => {
      for (const [row, group] of groupOf.entries()) weights[row] = drawn[group] as number;
      return measured.map(({ statistic }) => statistic(weights));
    },
    seededRandom(seed),
    DRAWS,
  );
  const once = new Float64Array(labels.length).fill(1);
  const metrics: Record<string, Record<string, MetricInterval>> = {};
  for (const [index, { model, metric, statistic }] of measured.entries()) {
    const interval = percentileInterval(draws[index] as Float64Array);
    metrics[model] ??= {};
    metrics[model][metric] = {
      value: statistic(once),
      lower: interval?.lower ?? null,
      upper: interval?.upper ?? null,
    };
  }
  for (const [model, probabilities] of Object.entries(predictions))
    (metrics[model] as Record<string, MetricInterval>)['calibration_slope'] = {
      value: calibrationSlope(probabilities, labels)?.slope ?? null,
      lower: null,
      upper: null,
    };
  return metrics;
}
