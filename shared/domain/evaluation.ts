import { brierScore } from '../math/brier-score.ts';
import { calibrationSlopeDraws } from '../math/calibration-slope-draws.ts';
import { clusterBootstrap } from '../math/cluster-bootstrap.ts';
import { rankClusters } from '../math/clustered-ranking.ts';
import { drawnSum, sumByCluster } from '../math/clustered-sums.ts';
import { descendingOrder } from '../math/descending-order.ts';
import { logLoss } from '../math/log-loss.ts';
import { percentileInterval } from '../math/percentile-interval.ts';
import { seededRandom } from '../math/seeded-random.ts';
import type { MetricInterval } from '../schemas/model.ts';
import { evaluationSlices, type Slice } from './evaluation-slices.ts';
import type { PrefixRows } from './prefix-rows.ts';

type Metrics = Readonly<Record<string, MetricInterval>>;

/** The rows that models were measured on, and what they predicted there. */
export interface EvaluatedRows {
  readonly chosen: Uint32Array;
  readonly labels: Uint8Array;
  /** 1 / prefixes of the row's session. */
  readonly weights: Float64Array;
  /** Unit of each row (linked user, else visitor), from 0. */
  readonly clusterOf: Int32Array;
  readonly clusterCount: number;
  /** Probabilities by model. */
  readonly predictions: ReadonlyMap<string, Float64Array>;
}

export interface Evaluation {
  /** Metrics by model name. */
  readonly models: ReadonlyMap<string, Metrics>;
  /** By model and metric: its values in the bootstrap's draws, which all models share. */
  readonly draws: ReadonlyMap<string, Readonly<Record<string, Float64Array>>>;
  readonly slices: readonly Slice[];
  readonly measured: EvaluatedRows;
  readonly rows: number;
  readonly sessions: number;
  readonly buyingSessions: number;
  readonly units: number;
}

const DRAWS = 400;
const CALIBRATION_BINS = 10;

/** Values of a model, by metric, when cluster i counts `drawn[i]` times; null where undefined. */
type Statistics = (drawn: ArrayLike<number>) => Record<string, number | null>;

/**
 * Measures models on the same rows. Metrics are plain over the rows, except those named `weighted`,
 * where a row counts 1 / prefixes of its session; each has a 95 % percentile interval over users
 * (unit: linked user, else visitor).
 *
 * @param chosen rows to measure on; censored ones must not be among them
 * @param predictions probabilities by model name, in the order of `chosen`; each model's gain is
 *   measured over those before it
 * @param seenUnits units with rows in training, for the metrics of returning and new users
 */
export function evaluate(
  rows: PrefixRows,
  chosen: Uint32Array,
  predictions: ReadonlyMap<string, Float64Array>,
  options: { readonly seed: number; readonly seenUnits: ReadonlySet<number> },
): Evaluation {
  const measured = evaluatedRows(rows, chosen, predictions);
  const slices = evaluationSlices(rows, chosen, options.seenUnits);
  const statistics = statisticsOf(measured, slices);
  const once = new Uint32Array(measured.clusterCount).fill(1);
  const values = statistics(once);
  const names = [...values.keys()].flatMap((model) =>
    Object.keys(values.get(model) ?? {}).map((metric) => ({ model, metric })),
  );
  const samples = clusterBootstrap(
    measured.clusterCount,
    (drawn) => {
      const drawnValues = statistics(drawn);
      return names.map(({ model, metric }) => drawnValues.get(model)?.[metric] ?? null);
    },
    seededRandom(options.seed),
    DRAWS,
  );
  const models = new Map<string, Record<string, MetricInterval>>();
  const draws = new Map<string, Record<string, Float64Array>>();
  for (const model of predictions.keys()) {
    models.set(model, {});
    draws.set(model, {});
  }
  for (const [index, { model, metric }] of names.entries()) {
    const sample = samples[index] as Float64Array;
    const interval = percentileInterval(sample);
    (models.get(model) as Record<string, MetricInterval>)[metric] = {
      value: values.get(model)?.[metric] ?? null,
      lower: interval?.lower ?? null,
      upper: interval?.upper ?? null,
    };
    (draws.get(model) as Record<string, Float64Array>)[metric] = sample;
  }
  const sessions = new Map<number, number>();
  for (const row of chosen) sessions.set(rows.session[row] as number, rows.label[row] as number);
  return {
    models,
    draws,
    slices,
    measured,
    rows: chosen.length,
    sessions: sessions.size,
    buyingSessions: [...sessions.values()].filter((label) => label === 1).length,
    units: measured.clusterCount,
  };
}

function evaluatedRows(
  rows: PrefixRows,
  chosen: Uint32Array,
  predictions: ReadonlyMap<string, Float64Array>,
): EvaluatedRows {
  const clusters = new Map<number, number>();
  const clusterOf = Int32Array.from(chosen, (row) => {
    const unit = rows.unit[row] as number;
    const cluster = clusters.get(unit) ?? clusters.size;
    clusters.set(unit, cluster);
    return cluster;
  });
  return {
    chosen,
    labels: Uint8Array.from(chosen, (row) => rows.label[row] as number),
    weights: Float64Array.from(chosen, (row) => rows.weight[row] as number),
    clusterOf,
    clusterCount: clusters.size,
    predictions,
  };
}

function statisticsOf(
  measured: EvaluatedRows,
  slices: readonly Slice[],
): (drawn: ArrayLike<number>) => Map<string, Record<string, number | null>> {
  const models = [...measured.predictions].map(([model, probabilities]) => ({
    model,
    ranking: rankingStatistics(measured, probabilities, slices),
    probability: probabilityStatistics(measured, probabilities),
  }));
  return (drawn) => {
    const values = new Map<string, Record<string, number | null>>();
    for (const { model, ranking, probability } of models) {
      const own = ranking(drawn);
      for (const [other, { auc_weighted: before }] of values) {
        const after = own['auc_weighted'] ?? null;
        own[`auc_weighted_gain_over_${other.replace('-', '_')}`] =
          after === null || before === null || before === undefined ? null : after - before;
      }
      values.set(model, { ...own, ...probability(drawn) });
    }
    return values;
  };
}

function rankingStatistics(
  { labels, weights, clusterOf }: EvaluatedRows,
  probabilities: Float64Array,
  slices: readonly Slice[],
): Statistics {
  const order = descendingOrder(probabilities);
  const plain = rankClusters(order, probabilities, labels, clusterOf);
  const weighted = rankClusters(order, probabilities, labels, clusterOf, weights);
  const sliced = slices.map(({ name, members }) => ({
    metric: `auc_${name}`,
    rank: rankClusters(
      order.filter((position) => members[position] === 1),
      probabilities,
      labels,
      clusterOf,
    ),
  }));
  return (drawn) => {
    const all = plain(drawn);
    const bySession = weighted(drawn);
    const values: Record<string, number | null> = {
      auc: all.auc,
      auc_weighted: bySession.auc,
      average_precision: all.averagePrecision,
      average_precision_weighted: bySession.averagePrecision,
    };
    for (const { metric, rank } of sliced) values[metric] = rank(drawn).auc;
    return values;
  };
}

/** What is made of sums over rows, taken by cluster beforehand. */
function probabilityStatistics(
  { labels, weights, clusterOf, clusterCount }: EvaluatedRows,
  probabilities: Float64Array,
): Statistics {
  const label = (row: number) => labels[row] as number;
  const weight = (row: number) => weights[row] as number;
  const probability = (row: number) => probabilities[row] as number;
  const sum = (value: (row: number) => number) => sumByCluster(clusterOf, clusterCount, value);
  const rowCounts = sum(() => 1);
  const totalWeights = sum(weight);
  const ofOneRow = (metric: typeof logLoss, row: number) =>
    weight(row) * (metric([probability(row)], [label(row)]) as number);
  const losses = sum((row) => ofOneRow(logLoss, row));
  const squares = sum((row) => ofOneRow(brierScore, row));
  const bins = Array.from({ length: CALIBRATION_BINS }, (_, bin) => {
    const within = (row: number) =>
      Math.min(Math.floor(probability(row) * CALIBRATION_BINS), CALIBRATION_BINS - 1) === bin;
    const excess = (row: number) => (within(row) ? label(row) - probability(row) : 0);
    return { plain: sum(excess), weighted: sum((row) => weight(row) * excess(row)) };
  });
  const slopeWith = (rowWeights: ArrayLike<number>) =>
    calibrationSlopeDraws(probabilities, labels, clusterOf, clusterCount, rowWeights);
  const slope = slopeWith(new Uint8Array(labels.length).fill(1));
  const weightedSlope = slopeWith(weights);
  return (drawn) => {
    const count = drawnSum(rowCounts, drawn);
    const total = drawnSum(totalWeights, drawn);
    const error = (kind: 'plain' | 'weighted') =>
      bins.reduce((sum, bin) => sum + Math.abs(drawnSum(bin[kind], drawn)), 0);
    return {
      log_loss_weighted: total > 0 ? drawnSum(losses, drawn) / total : null,
      brier_weighted: total > 0 ? drawnSum(squares, drawn) / total : null,
      ece: count > 0 ? error('plain') / count : null,
      ece_weighted: total > 0 ? error('weighted') / total : null,
      calibration_slope: slope?.(drawn) ?? null,
      calibration_slope_weighted: weightedSlope?.(drawn) ?? null,
    };
  };
}
