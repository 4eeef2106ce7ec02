import { averagePrecision } from '../math/average-precision.ts';
import { brierScore } from '../math/brier-score.ts';
import { calibrationSlope } from '../math/calibration-slope.ts';
import { clusterBootstrap } from '../math/cluster-bootstrap.ts';
import { descendingOrder } from '../math/descending-order.ts';
import { expectedCalibrationError } from '../math/expected-calibration-error.ts';
import { logLoss } from '../math/log-loss.ts';
import { rocAuc } from '../math/roc-auc.ts';
import { seededRandom } from '../math/seeded-random.ts';
import type { MetricInterval } from '../schemas/model.ts';
import type { PrefixRows } from './prefix-rows.ts';

type Metrics = Readonly<Record<string, MetricInterval>>;

export interface Evaluation {
  /** Metrics by model name. */
  readonly models: ReadonlyMap<string, Metrics>;
  readonly rows: number;
  readonly sessions: number;
  readonly buyingSessions: number;
  readonly units: number;
}

const REPLICATES = 400;

/** A value of one model when row i counts `multiplicity[i]` times; null where it is undefined. */
type Statistic = (multiplicity: ArrayLike<number>) => number | null;

interface Measured {
  readonly model: string;
  readonly metric: string;
  readonly statistic: Statistic;
}

/**
 * Measures models on the same rows. Metrics are plain over the rows, except those named `weighted`,
 * where a row counts 1 / prefixes of its session; each but the calibration slope has a 95 %
 * percentile interval over users (unit: linked user, else visitor).
 *
 * @param chosen rows to measure on; censored ones must not be among them
 * @param predictions probabilities by model name, in the order of `chosen`; each model's gain is
 *   measured over those before it
 * @param seenUnits units with rows in training, for the metrics of returning and new users
 * @param cartFeature index of `cart_product_count` among the rows' features
 */
export function evaluate(
  rows: PrefixRows,
  chosen: Uint32Array,
  predictions: ReadonlyMap<string, Float64Array>,
  options: {
    readonly seed: number;
    readonly seenUnits: ReadonlySet<number>;
    readonly cartFeature: number;
  },
): Evaluation {
  const labels = Uint8Array.from(chosen, (row) => rows.label[row] as number);
  const weights = Float64Array.from(chosen, (row) => rows.weight[row] as number);
  const slices = slicesOf(rows, chosen, options);
  const measured: Measured[] = [];
  const before = new Map<string, Statistic>();
  for (const [model, probabilities] of predictions) {
    const statistics = statisticsOf(probabilities, labels, weights, slices);
    const own = statistics['auc_weighted'] as Statistic;
    for (const [other, baseline] of before)
      statistics[`auc_weighted_gain_over_${other.replace('-', '_')}`] = difference(own, baseline);
    before.set(model, own);
    for (const [metric, statistic] of Object.entries(statistics))
      measured.push({ model, metric, statistic });
  }
  const clusters = new Map<number, number>();
  const clusterOf = Int32Array.from(chosen, (row) => {
    const unit = rows.unit[row] as number;
    const cluster = clusters.get(unit) ?? clusters.size;
    clusters.set(unit, cluster);
    return cluster;
  });
  const intervals = clusterBootstrap(
    clusterOf,
    clusters.size,
    (multiplicity) => measured.map(({ statistic }) => statistic(multiplicity)),
    seededRandom(options.seed),
    REPLICATES,
  );
  const once = new Float64Array(chosen.length).fill(1);
  const models = new Map<string, Record<string, MetricInterval>>();
  for (const model of predictions.keys()) models.set(model, {});
  for (const [index, { model, metric, statistic }] of measured.entries()) {
    const interval = intervals[index];
    (models.get(model) as Record<string, MetricInterval>)[metric] = {
      value: statistic(once),
      lower: interval?.lower ?? null,
      upper: interval?.upper ?? null,
    };
  }
  for (const [model, probabilities] of predictions)
    (models.get(model) as Record<string, MetricInterval>)['calibration_slope_weighted'] = {
      value: calibrationSlope(probabilities, labels, weights)?.slope ?? null,
      lower: null,
      upper: null,
    };
  const sessions = new Map<number, number>();
  for (const row of chosen) sessions.set(rows.session[row] as number, rows.label[row] as number);
  return {
    models,
    rows: chosen.length,
    sessions: sessions.size,
    buyingSessions: [...sessions.values()].filter((label) => label === 1).length,
    units: clusters.size,
  };
}

/** Positions among the chosen rows, by the suffix that the AUC of the slice gets. */
function slicesOf(
  rows: PrefixRows,
  chosen: Uint32Array,
  { seenUnits, cartFeature }: { seenUnits: ReadonlySet<number>; cartFeature: number },
): ReadonlyMap<string, readonly number[]> {
  const isAt = (prefix: number) => (row: number) => rows.prefix[row] === prefix;
  const hasCart = (row: number) => rows.value(row, cartFeature) > 0;
  const isKnown = (row: number) => rows.known[row] === 1;
  const isSeen = (row: number) => seenUnits.has(rows.unit[row] as number);
  const tests: Readonly<Record<string, (row: number) => boolean>> = {
    prefix_1: isAt(1),
    prefix_2: isAt(2),
    prefix_3: isAt(3),
    prefix_5: isAt(5),
    prefix_10: isAt(10),
    prefix_last: (row) => rows.prefix[row] === rows.prefixes[row],
    with_cart: hasCart,
    without_cart: (row) => !hasCart(row),
    known_users: isKnown,
    anonymous: (row) => !isKnown(row),
    returning_users: isSeen,
    new_users: (row) => !isSeen(row),
  };
  const positions = Array.from(chosen.keys());
  return new Map(
    Object.entries(tests).map(([name, test]) => [
      name,
      positions.filter((position) => test(chosen[position] as number)),
    ]),
  );
}

function statisticsOf(
  probabilities: Float64Array,
  labels: Uint8Array,
  weights: Float64Array,
  slices: ReadonlyMap<string, readonly number[]>,
): Record<string, Statistic> {
  const order = descendingOrder(probabilities);
  const scaled = new Float64Array(weights.length);
  const weighted = (multiplicity: ArrayLike<number>) => {
    for (let row = 0; row < scaled.length; row++)
      scaled[row] = (multiplicity[row] as number) * (weights[row] as number);
    return scaled;
  };
  const statistics: Record<string, Statistic> = {
    auc: (multiplicity) => rocAuc(probabilities, labels, multiplicity, order),
    auc_weighted: (multiplicity) => rocAuc(probabilities, labels, weighted(multiplicity), order),
  };
  for (const [name, positions] of slices) {
    if (positions.length === 0) continue;
    const members = new Set(positions);
    const sliceOrder = order.filter((position) => members.has(position));
    statistics[`auc_${name}`] = (multiplicity) =>
      rocAuc(probabilities, labels, multiplicity, sliceOrder);
  }
  return {
    ...statistics,
    average_precision: (multiplicity) =>
      averagePrecision(probabilities, labels, multiplicity, order),
    average_precision_weighted: (multiplicity) =>
      averagePrecision(probabilities, labels, weighted(multiplicity), order),
    log_loss_weighted: (multiplicity) => logLoss(probabilities, labels, weighted(multiplicity)),
    brier_weighted: (multiplicity) => brierScore(probabilities, labels, weighted(multiplicity)),
    ece: (multiplicity) => expectedCalibrationError(probabilities, labels, multiplicity),
    ece_weighted: (multiplicity) =>
      expectedCalibrationError(probabilities, labels, weighted(multiplicity)),
  };
}

function difference(own: Statistic, baseline: Statistic): Statistic {
  return (multiplicity) => {
    const [after, before] = [own(multiplicity), baseline(multiplicity)];
    return after === null || before === null ? null : after - before;
  };
}
