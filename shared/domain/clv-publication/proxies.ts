import { captureGini } from '../../math/capture-gini.ts';
import { spearmanCorrelation } from '../../math/spearman-correlation.ts';

/** How much worse than at release is too much; a rounding error more does not save it. */
const DROP = 0.2 - 1e-9;

/** A predicted value and what the customer has spent since. */
export interface Outcome {
  readonly predicted: number;
  /** Over the days of the measure. */
  readonly actual: number;
}

export interface ClvPerformance {
  readonly customers: number;
  readonly buyers: number;
  /** Rank correlation of prediction and spending; null where one of them is constant. */
  readonly spearman: number | null;
  /** Relative to a perfect ranking; null where nobody spent anything. */
  readonly gini: number | null;
  /** Of one horizon's prediction and its whole window alone; null for a proxy. */
  readonly rmse: number | null;
}

/** @param isWhole whether the days of the actual values are the horizon that was predicted */
export function clvPerformance(outcomes: readonly Outcome[], isWhole: boolean): ClvPerformance {
  const predicted = Float64Array.from(outcomes, (outcome) => outcome.predicted);
  const actual = Float64Array.from(outcomes, (outcome) => outcome.actual);
  const [own, best] = [captureGini(predicted, actual)(), captureGini(actual, actual)()];
  const squared = outcomes.reduce((sum, one) => sum + (one.predicted - one.actual) ** 2, 0);
  return {
    customers: outcomes.length,
    buyers: actual.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0),
    spearman: outcomes.length < 2 ? null : spearmanCorrelation(predicted, actual)(),
    gini: own === null || best === null || best === 0 ? null : own / best,
    rmse: isWhole && outcomes.length > 0 ? Math.sqrt(squared / outcomes.length) : null,
  };
}

export type PerformanceMetric = 'spearman' | 'gini' | 'rmse';

export interface PerformanceDrop {
  readonly metric: PerformanceMetric;
  readonly at_release: number;
  readonly now: number;
  /** Share by which it is worse. */
  readonly worse: number;
}

/**
 * The metrics that are 20 % or more worse than at release. One that either side lacks says nothing.
 * @param atRelease metrics of the same kind of window, measured before the model served
 */
export function performanceDrops(
  now: Readonly<Partial<Record<PerformanceMetric, number | null>>>,
  atRelease: Readonly<Partial<Record<PerformanceMetric, number | null>>>,
): readonly PerformanceDrop[] {
  return (['spearman', 'gini', 'rmse'] as const).flatMap((metric) => {
    const [before, after] = [atRelease[metric] ?? null, now[metric] ?? null];
    if (before === null || after === null || before <= 0) return [];
    const worse = metric === 'rmse' ? after / before - 1 : 1 - after / before;
    return worse >= DROP ? [{ metric, at_release: before, now: after, worse }] : [];
  });
}
