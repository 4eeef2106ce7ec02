import { CLV_BASELINES } from '../schemas/clv-model.ts';
import type { Gate, MetricInterval } from '../schemas/model.ts';
import { CLV_METRICS, type ClvEvaluation } from './clv-evaluation.ts';
import type { ClvIntervals } from './clv-intervals.ts';
import type { ClvSlice } from './clv-slices.ts';
import type { Verdict } from './gate.ts';

/** Better than a baseline means: above in the first two, below in the third. */
const COMPARED = { gini: 1, spearman: 1, mae: -1 } as const;
/** The level of a season to come cannot be known better from one year before it. */
const MOST_BIAS = 0.25;
const MOST_DECILE_ERROR = 0.35;
const COVERAGE = { least: 0.75, most: 0.9 } as const;
const LEAST_IMPACT_RATIO = 0.8;

/**
 * Whether a champion may value customers: against both baselines on the same customers after an earlier
 * cut-off, in level, in calibration, in its intervals, and alike in all groups. A gate fails where harm
 * is proven, passes where the benefit is, and is open in between.
 * @param evaluation null where nothing could be measured: every gate is open
 */
export function clvGates(
  champion: string,
  evaluation: ClvEvaluation | null,
  intervals: ClvIntervals,
  slices: readonly ClvSlice[],
): readonly Gate[] {
  const own = evaluation?.models.get(champion);
  return [
    ...CLV_BASELINES.flatMap((baseline) =>
      (Object.keys(COMPARED) as (keyof typeof COMPARED)[]).map((metric): Gate => {
        const difference = evaluation?.differences.get(baseline)?.[metric] ?? UNKNOWN;
        return gate(
          `${metric}-over-${baseline}`,
          `${CLV_METRICS[metric]} is better than that of ${baseline} on the same customers (difference; it fails where the whole interval is worse).`,
          difference,
          0,
          benefit(difference, COMPARED[metric]),
        );
      }),
    ),
    gate(
      'total-bias',
      `The total is within ${100 * MOST_BIAS} % of what followed; it fails where the whole interval is beyond.`,
      own?.total_bias ?? UNKNOWN,
      MOST_BIAS,
      within(own?.total_bias ?? UNKNOWN, MOST_BIAS),
    ),
    exact(
      'decile-calibration',
      `By deciles of the prediction, the differences of mean predicted and actual value sum to at most ${100 * MOST_DECILE_ERROR} % of the actual total.`,
      evaluation === null ? null : decileError(evaluation, champion),
      MOST_DECILE_ERROR,
      (value) => value <= MOST_DECILE_ERROR,
    ),
    exact(
      'interval-coverage',
      `The 80 % intervals hold ${100 * COVERAGE.least} to ${100 * COVERAGE.most} % of customers who had no part in them.`,
      intervals.coverage,
      COVERAGE.least,
      (value) => value >= COVERAGE.least && value <= COVERAGE.most,
    ),
    ...(['country', 'cohort'] as const).flatMap((dimension) => impactGate(dimension, slices)),
  ];
}

const UNKNOWN: MetricInterval = { value: null, lower: null, upper: null };

function gate(
  name: string,
  rule: string,
  measured: MetricInterval,
  threshold: number,
  verdict: Verdict,
): Gate {
  return { name, verdict, required: false, rule, threshold, ...measured };
}

function exact(
  name: string,
  rule: string,
  value: number | null,
  threshold: number,
  holds: (value: number) => boolean,
): Gate {
  const verdict = value === null ? 'not-enough-data' : holds(value) ? 'pass' : 'fail';
  return gate(name, rule, { value, lower: null, upper: null }, threshold, verdict);
}

function benefit({ lower, upper }: MetricInterval, direction: 1 | -1): Verdict {
  if (lower === null || upper === null) return 'not-enough-data';
  const [least, most] = direction === 1 ? [lower, upper] : [-upper, -lower];
  return least > 0 ? 'pass' : most < 0 ? 'fail' : 'not-enough-data';
}

function within({ value, lower, upper }: MetricInterval, most: number): Verdict {
  if (value === null || lower === null || upper === null) return 'not-enough-data';
  if (Math.abs(value) <= most) return 'pass';
  return lower > most || upper < -most ? 'fail' : 'not-enough-data';
}

function decileError({ deciles, total }: ClvEvaluation, champion: string): number | null {
  if (total === 0) return null;
  const errors = (deciles.get(champion) ?? []).map(
    ({ count, meanPredicted, meanActual }) => count * Math.abs(meanPredicted - meanActual),
  );
  return errors.reduce((sum, error) => sum + error, 0) / total;
}

/** Of the customers who turn out best, whether those of every group are found alike. */
function impactGate(dimension: ClvSlice['dimension'], slices: readonly ClvSlice[]): Gate[] {
  const judged = slices.filter((slice) => slice.dimension === dimension && slice.found !== null);
  if (judged.length < 2) return [];
  const shares = judged.map(({ found }) => found as number);
  const most = Math.max(...shares);
  const value = most === 0 ? null : Math.min(...shares) / most;
  const told = judged.map(({ name, found }) => `${name} ${(found as number).toFixed(2)}`);
  return [
    {
      name: `disparate-impact:${dimension}`,
      verdict: value !== null && value >= LEAST_IMPACT_RATIO ? 'pass' : 'not-enough-data',
      required: false,
      rule: `Of the customers who turn out to be in the best fifth, the share predicted to be in it is in no group below ${LEAST_IMPACT_RATIO} of that in another; below it the groups are named for a person to judge.`,
      threshold: LEAST_IMPACT_RATIO,
      value,
      lower: null,
      upper: null,
      detail: told.join(', '),
    },
  ];
}
