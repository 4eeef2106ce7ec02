import { captureGini } from '../math/capture-gini.ts';
import { clusterBootstrap } from '../math/cluster-bootstrap.ts';
import { drawnSum } from '../math/clustered-sums.ts';
import { type Decile, decileTable } from '../math/decile-table.ts';
import { lorenzCurve } from '../math/lorenz-curve.ts';
import { percentileInterval } from '../math/percentile-interval.ts';
import { quantile } from '../math/quantile.ts';
import { seededRandom } from '../math/seeded-random.ts';
import { spearmanCorrelation } from '../math/spearman-correlation.ts';
import type { MetricInterval } from '../schemas/model.ts';

/** Metrics in the order of the report; `lower` is better where it says so. */
export const CLV_METRICS = {
  gini: 'Gini, relative to a perfect ranking',
  spearman: 'Spearman',
  mae: 'MAE',
  rmse: 'RMSE',
  rmse_capped: 'RMSE, both capped at the 99th percentile',
  r2_capped: 'R², both capped at the 99th percentile',
  total_bias: 'Total, predicted / actual − 1',
} as const;
export type ClvMetric = keyof typeof CLV_METRICS;
type Metrics = Readonly<Record<ClvMetric, MetricInterval>>;

export interface ClvEvaluation {
  readonly customers: number;
  readonly buyers: number;
  readonly total: number;
  readonly models: ReadonlyMap<string, Metrics>;
  /** The first model's metrics minus those of each other, in the same draws. */
  readonly differences: ReadonlyMap<string, Metrics>;
  /** The first model's metrics in each draw. */
  readonly draws: Readonly<Record<ClvMetric, Float64Array>>;
  readonly deciles: ReadonlyMap<string, readonly Decile[]>;
  /** Of the actual values, at every tenth of the customers from the lowest. */
  readonly lorenz: readonly (readonly [number, number])[];
}

const DRAWS = 400;
const CAP_QUANTILE = 0.99;

/**
 * Measures predictions of values on the same customers, with 95 % percentile intervals by a bootstrap
 * over them, which all models share.
 * @param predictions by model; the first is compared with the others
 */
export function evaluateClv(
  predictions: ReadonlyMap<string, Float64Array>,
  actual: Float64Array,
  seed: number,
): ClvEvaluation {
  const perfect = captureGini(actual, actual);
  const statistics = [...predictions].map(([model, predicted]) => ({
    model,
    of: statisticsOf(predicted, actual, perfect),
  }));
  const names = Object.keys(CLV_METRICS) as ClvMetric[];
  const valuesOf = (drawn: ArrayLike<number>) =>
    statistics.flatMap(({ of }) => {
      const values = of(drawn);
      return names.map((name) => values[name]);
    });
  const values = valuesOf(new Uint32Array(actual.length).fill(1));
  const samples = clusterBootstrap(actual.length, valuesOf, seededRandom(seed), DRAWS);
  const place = (model: number, metric: number) => model * names.length + metric;
  const metricsOf = (
    value: (metric: number) => number | null,
    draws: (metric: number) => Float64Array,
  ) =>
    Object.fromEntries(
      names.map((name, metric) => {
        const interval = percentileInterval(draws(metric));
        return [
          name,
          {
            value: value(metric),
            lower: interval?.lower ?? null,
            upper: interval?.upper ?? null,
          },
        ];
      }),
    ) as Metrics;
  const models = new Map<string, Metrics>();
  const differences = new Map<string, Metrics>();
  for (const [index, { model }] of statistics.entries()) {
    const drawsAt = (metric: number) => samples[place(index, metric)] as Float64Array;
    const valueAt = (metric: number) => values[place(index, metric)] ?? null;
    models.set(model, metricsOf(valueAt, drawsAt));
    if (index === 0) continue;
    differences.set(
      model,
      metricsOf(
        (metric) => difference(values[place(0, metric)], valueAt(metric)),
        (metric) => {
          const own = samples[place(0, metric)] as Float64Array;
          const other = drawsAt(metric);
          return own.map((value, draw) => value - (other[draw] as number));
        },
      ),
    );
  }
  const curve = lorenzCurve(actual);
  return {
    customers: actual.length,
    buyers: actual.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0),
    total: actual.reduce((sum, value) => sum + value, 0),
    models,
    differences,
    draws: Object.fromEntries(
      names.map((name, metric) => [name, samples[metric] as Float64Array]),
    ) as ClvEvaluation['draws'],
    deciles: new Map([...predictions].map(([model, p]) => [model, decileTable(p, actual)])),
    lorenz: Array.from(
      { length: 11 },
      (_, tenth) => curve[Math.round((tenth / 10) * actual.length)] as readonly [number, number],
    ),
  };
}

function difference(one: number | null | undefined, other: number | null): number | null {
  return one === null || one === undefined || other === null ? null : one - other;
}

/** A model's metrics when customer i counts `drawn[i]` times. */
function statisticsOf(
  predicted: Float64Array,
  actual: Float64Array,
  perfect: (counts: ArrayLike<number>) => number | null,
): (drawn: ArrayLike<number>) => Record<ClvMetric, number | null> {
  const gini = captureGini(predicted, actual);
  const spearman = spearmanCorrelation(predicted, actual);
  const cap = quantile(Float64Array.from(actual).sort(), CAP_QUANTILE);
  const errors = predicted.map((value, row) => value - (actual[row] as number));
  const absolute = errors.map(Math.abs);
  const squared = errors.map((error) => error * error);
  const capped = predicted.map(
    (value, row) => (Math.min(cap, value) - Math.min(cap, actual[row] as number)) ** 2,
  );
  const cappedActual = actual.map((value) => Math.min(cap, value));
  const cappedSquares = cappedActual.map((value) => value * value);
  const ones = new Float64Array(actual.length).fill(1);
  return (drawn) => {
    const customers = drawnSum(ones, drawn);
    const total = drawnSum(actual, drawn);
    const [own, best] = [gini(drawn), perfect(drawn)];
    const spread = drawnSum(cappedSquares, drawn) - drawnSum(cappedActual, drawn) ** 2 / customers;
    return {
      gini: own === null || best === null || best === 0 ? null : own / best,
      spearman: spearman(drawn),
      mae: drawnSum(absolute, drawn) / customers,
      rmse: Math.sqrt(drawnSum(squared, drawn) / customers),
      rmse_capped: Math.sqrt(drawnSum(capped, drawn) / customers),
      r2_capped: spread > 0 ? 1 - drawnSum(capped, drawn) / spread : null,
      total_bias: total > 0 ? drawnSum(errors, drawn) / total : null,
    };
  };
}
