import * as z from 'zod';
import { InvalidRequest, UnsupportedHyperparameter } from '../../errors.ts';
import type { SearchSpace } from '../tuning.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { LONGEST_NAME } from './job-name.ts';
import {
  type JobData,
  type JobPlacement,
  nameSchema,
  placementSchema,
  trainingOf,
  trainingSchema,
} from './training-job.ts';

const scaling = z.enum(['Auto', 'Linear', 'Logarithmic', 'ReverseLogarithmic']).default('Auto');
const range = z.strictObject({
  Name: z.string(),
  MinValue: z.string(),
  MaxValue: z.string(),
  ScalingType: scaling,
});

type Range = z.output<typeof range>;

/** `CreateHyperParameterTuningJob`, in the service's own names. */
export const tuningJobSchema = z.strictObject({
  HyperParameterTuningJobName: nameSchema(LONGEST_NAME.tuning),
  HyperParameterTuningJobConfig: z.strictObject({
    Strategy: z.enum(['Bayesian', 'Random']),
    HyperParameterTuningJobObjective: z.strictObject({
      Type: z.enum(['Minimize', 'Maximize']),
      MetricName: z.string().regex(/^validation:/, 'validation:<metric>'),
    }),
    ResourceLimits: z.strictObject({
      MaxNumberOfTrainingJobs: z.int().min(1).max(750),
      MaxParallelTrainingJobs: z.int().min(1),
      MaxRuntimeInSeconds: z.int().min(120).optional(),
    }),
    ParameterRanges: z.strictObject({
      IntegerParameterRanges: z.array(range).default([]),
      ContinuousParameterRanges: z.array(range).default([]),
      CategoricalParameterRanges: z
        .array(z.strictObject({ Name: z.string(), Values: z.array(z.string()).min(1) }))
        .default([]),
    }),
    TrainingJobEarlyStoppingType: z.literal('Off').default('Off'),
    RandomSeed: z.int().min(0),
  }),
  TrainingJobDefinition: z.strictObject({
    StaticHyperParameters: z.record(z.string(), z.string()),
    ...trainingSchema,
    ...z.object(placementSchema).omit({ Tags: true }).partial().shape,
  }),
  Tags: z.unknown().optional(),
});

export type TuningJob = z.output<typeof tuningJobSchema>;
export type TuningJobRequest = z.input<typeof tuningJobSchema>;

export interface TuningPlan {
  /** By the container's names, e.g. `eta`, `max_depth`. */
  readonly ranges: SearchSpace;
  readonly strategy: 'Bayesian' | 'Random';
  readonly seed: number;
  readonly trials: number;
  readonly parallel: number;
  /** Null for as long as the trials take. */
  readonly maxSeconds: number | null;
  /** A metric of the validation channel, e.g. `logloss`. */
  readonly metric: string;
  readonly goal: 'Minimize' | 'Maximize';
}

/**
 * The request of a tuning job.
 * @param name see `jobName`, at most `LONGEST_NAME.tuning`
 * @param fixed hyperparameters that no trial changes; those with a range are left out of them
 * @throws InvalidRequest without a validation channel
 * @throws UnsupportedHyperparameter for early stopping within a trial: its artifact is the best tree's, the metric
 *   that trials are compared by the last one's
 */
export function tuningJobRequest(
  name: string,
  fixed: Hyperparameters,
  plan: TuningPlan,
  data: JobData,
  placement: JobPlacement,
): TuningJobRequest {
  if (data.validation === null)
    throw new InvalidRequest('tuning compares trials on the validation channel: give one', 'data');
  if ('early_stopping_rounds' in fixed)
    throw new UnsupportedHyperparameter(
      'early_stopping_rounds: the container reports the last tree and keeps the best one, so trials would be compared by models that are not kept. Give num_round a range',
    );
  const tuned = Object.entries(plan.ranges);
  const left = Object.entries(fixed).filter(([key]) => plan.ranges[key] === undefined);
  return {
    HyperParameterTuningJobName: name,
    HyperParameterTuningJobConfig: {
      Strategy: plan.strategy,
      HyperParameterTuningJobObjective: {
        Type: plan.goal,
        MetricName: `validation:${plan.metric}`,
      },
      ResourceLimits: {
        MaxNumberOfTrainingJobs: plan.trials,
        MaxParallelTrainingJobs: plan.parallel,
        ...(plan.maxSeconds === null ? {} : { MaxRuntimeInSeconds: plan.maxSeconds }),
      },
      ParameterRanges: {
        IntegerParameterRanges: tuned.flatMap(([Name, range]) =>
          'from' in range && range.whole ? [rangeOf(Name, range)] : [],
        ),
        ContinuousParameterRanges: tuned.flatMap(([Name, range]) =>
          'from' in range && !range.whole ? [rangeOf(Name, range)] : [],
        ),
        CategoricalParameterRanges: tuned.flatMap(([Name, range]) =>
          'oneOf' in range ? [{ Name, Values: range.oneOf.map(String) }] : [],
        ),
      },
      RandomSeed: plan.seed,
    },
    TrainingJobDefinition: {
      StaticHyperParameters: Object.fromEntries(left),
      ...trainingOf(data, placement),
    },
  };
}

function rangeOf(
  Name: string,
  { from, to, scale }: { from: number; to: number; scale: 'linear' | 'log' },
) {
  return {
    Name,
    MinValue: String(from),
    MaxValue: String(to),
    ScalingType: scale === 'log' ? ('Logarithmic' as const) : ('Linear' as const),
  };
}

/**
 * The ranges of a request as a space to draw from.
 * @throws UnsupportedHyperparameter for categories that are no numbers, or another scale
 */
export function searchSpaceOf(
  ranges: TuningJob['HyperParameterTuningJobConfig']['ParameterRanges'],
): SearchSpace {
  const between = (whole: boolean) => (range: Range) => {
    if (range.ScalingType === 'ReverseLogarithmic')
      throw new UnsupportedHyperparameter(`${range.Name}: ReverseLogarithmic is not drawn here`);
    const scale = range.ScalingType === 'Logarithmic' ? ('log' as const) : ('linear' as const);
    const from = bound(range.Name, range.MinValue);
    const to = bound(range.Name, range.MaxValue);
    if (!(from <= to) || (scale === 'log' && from <= 0))
      throw new UnsupportedHyperparameter(`${range.Name}: no values from ${from} to ${to}`);
    return [range.Name, { from, to, scale, ...(whole ? { whole: true as const } : {}) }] as const;
  };
  return Object.fromEntries([
    ...ranges.IntegerParameterRanges.map(between(true)),
    ...ranges.ContinuousParameterRanges.map(between(false)),
    ...ranges.CategoricalParameterRanges.map(
      ({ Name, Values }) => [Name, { oneOf: Values.map((value) => bound(Name, value)) }] as const,
    ),
  ]);
}

function bound(name: string, text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new UnsupportedHyperparameter(`${name}: ${JSON.stringify(text)} is no number`);
}
