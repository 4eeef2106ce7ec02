import { createHash } from 'node:crypto';
import * as z from 'zod';
import { trainingJobSchema } from '../../shared/domain/sagemaker/training-job.ts';
import {
  searchSpaceOf,
  type TuningJob,
  tuningJobSchema,
} from '../../shared/domain/sagemaker/tuning-job.ts';
import { randomParameters, type SearchSpace } from '../../shared/domain/tuning.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import {
  arnOf,
  completed,
  described,
  now,
  once,
  requestOf,
  serviceError,
} from './sagemaker-service.ts';
import { runTrainingJob, type TrainingJobDescription } from './sagemaker-training.ts';
import type { TaskHandler } from './tasks.ts';

/** A trial, as `ListTrainingJobsForHyperParameterTuningJob` lists it. */
interface TrialSummary {
  readonly TrainingJobName: string;
  readonly TrainingJobArn: string;
  readonly TrainingJobStatus: TrainingJobDescription['TrainingJobStatus'];
  readonly TunedHyperParameters: Readonly<Record<string, string>>;
  readonly FinalHyperParameterTuningJobObjectiveMetric?: {
    readonly MetricName: string;
    readonly Value: number;
  };
  readonly ObjectiveStatus: 'Succeeded' | 'Failed';
  readonly FailureReason?: string;
  readonly CreationTime: number;
  readonly TrainingEndTime: number;
}

/** `DescribeHyperParameterTuningJob`'s answer, as far as a state machine reads it. */
interface TuningJobDescription extends TuningJob {
  readonly HyperParameterTuningJobArn: string;
  readonly HyperParameterTuningJobStatus: 'Completed' | 'Failed';
  readonly FailureReason?: string;
  readonly BestTrainingJob?: TrialSummary;
  readonly TrainingJobStatusCounters: Readonly<Record<string, number>>;
  readonly ObjectiveStatusCounters: Readonly<Record<string, number>>;
  readonly CreationTime: number;
  readonly HyperParameterTuningEndTime: number;
  readonly LastModifiedTime: number;
}

interface KeptTuningJob extends TuningJobDescription {
  readonly Trials: readonly TrialSummary[];
}

/**
 * `sagemaker:createHyperParameterTuningJob.sync`: each trial a training job of its own, one after
 * another, its parameters drawn at random from the ranges by the job's `RandomSeed`, whichever
 * strategy is asked: the service's Bayesian one is not public.
 */
export const createHyperParameterTuningJob: TaskHandler = async (input, signal) => {
  const job = requestOf('CreateHyperParameterTuningJob', tuningJobSchema, input);
  const kept = await once('hyper-parameter-tuning-job', job.HyperParameterTuningJobName, job, () =>
    tune(job, signal),
  );
  const { Trials: _, ...description } = kept;
  return completed<TuningJobDescription>(description, 'HyperParameterTuningJobStatus');
};

const listRequest = z.looseObject({ HyperParameterTuningJobName: z.string() });

/** `aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob`: every trial in the order drawn. */
export const listTrainingJobsForHyperParameterTuningJob: TaskHandler = async (input) => {
  const { HyperParameterTuningJobName: name } = requestOf(
    'ListTrainingJobsForHyperParameterTuningJob',
    listRequest,
    input,
  );
  const kept = await described<KeptTuningJob>('hyper-parameter-tuning-job', name);
  if (kept === null)
    throw serviceError('SageMaker.ResourceNotFoundException', `no tuning job ${name} has ended`);
  return { TrainingJobSummaries: kept.Trials };
};

async function tune(job: TuningJob, signal: AbortSignal): Promise<KeptTuningJob> {
  const { HyperParameterTuningJobConfig: config, HyperParameterTuningJobName: name } = job;
  const { MaxNumberOfTrainingJobs, MaxRuntimeInSeconds = Number.POSITIVE_INFINITY } =
    config.ResourceLimits;
  const started = now();
  const ranges = spaceOf(job);
  const draws = randomParameters(ranges, seededRandom(config.RandomSeed));
  const trials: TrialSummary[] = [];
  while (
    trials.length < MaxNumberOfTrainingJobs &&
    (trials.length === 0 || now() - started < MaxRuntimeInSeconds * 1000)
  ) {
    const drawn = Object.entries(draws.next().value).map(
      ([key, value]) => [key, String(value)] as const,
    );
    trials.push(await runTrial(job, trials.length + 1, Object.fromEntries(drawn), signal));
  }
  const ended = now();
  const best = bestOf(trials, config.HyperParameterTuningJobObjective.Type);
  const succeeded = trials.filter(({ ObjectiveStatus }) => ObjectiveStatus === 'Succeeded').length;
  const withStatus = (status: TrialSummary['TrainingJobStatus']) =>
    trials.filter(({ TrainingJobStatus }) => TrainingJobStatus === status).length;
  return {
    ...job,
    HyperParameterTuningJobArn: arnOf('hyper-parameter-tuning-job', name),
    ...(best === null
      ? {
          HyperParameterTuningJobStatus: 'Failed',
          FailureReason: `every one of ${trials.length} training jobs failed, the first: ${trials[0]?.FailureReason}`,
        }
      : { HyperParameterTuningJobStatus: 'Completed', BestTrainingJob: best }),
    TrainingJobStatusCounters: {
      Completed: withStatus('Completed'),
      InProgress: 0,
      RetryableError: 0,
      NonRetryableError: withStatus('Failed'),
      Stopped: withStatus('Stopped'),
    },
    ObjectiveStatusCounters: {
      Succeeded: succeeded,
      Pending: 0,
      Failed: trials.length - succeeded,
    },
    CreationTime: started,
    HyperParameterTuningEndTime: ended,
    LastModifiedTime: ended,
    Trials: trials,
  };
}

/** @throws an error named `SageMaker.AmazonSageMakerException` for ranges that nothing is drawn from */
function spaceOf(job: TuningJob): SearchSpace {
  try {
    return searchSpaceOf(job.HyperParameterTuningJobConfig.ParameterRanges);
  } catch (error) {
    throw serviceError(
      'SageMaker.AmazonSageMakerException',
      `CreateHyperParameterTuningJob: ValidationException: ${(error as Error).message}`,
      error,
    );
  }
}

async function runTrial(
  {
    HyperParameterTuningJobName: name,
    HyperParameterTuningJobConfig,
    TrainingJobDefinition,
  }: TuningJob,
  trial: number,
  tuned: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<TrialSummary> {
  const { StaticHyperParameters, ...definition } = TrainingJobDefinition;
  const { MetricName } = HyperParameterTuningJobConfig.HyperParameterTuningJobObjective;
  const number = String(trial).padStart(3, '0');
  const hash = createHash('sha256').update(`${name} ${number}`).digest('hex').slice(0, 8);
  const description = await runTrainingJob(
    trainingJobSchema.parse({
      ...definition,
      TrainingJobName: `${name}-${number}-${hash}`,
      HyperParameters: {
        ...StaticHyperParameters,
        ...tuned,
        _tuning_objective_metric: MetricName,
      },
    }),
    signal,
  );
  const { TrainingJobName, TrainingJobArn, TrainingJobStatus, FailureReason } = description;
  const Value = description.FinalMetricDataList.find(
    (metric) => metric.MetricName === MetricName,
  )?.Value;
  return {
    TrainingJobName,
    TrainingJobArn,
    TrainingJobStatus,
    TunedHyperParameters: tuned,
    ...(Value === undefined || !Number.isFinite(Value)
      ? { ObjectiveStatus: 'Failed' }
      : {
          FinalHyperParameterTuningJobObjectiveMetric: { MetricName, Value },
          ObjectiveStatus: 'Succeeded',
        }),
    ...(FailureReason === undefined ? {} : { FailureReason }),
    CreationTime: description.CreationTime,
    TrainingEndTime: description.TrainingEndTime,
  };
}

/** The first of the best; null where none succeeded. */
function bestOf(
  trials: readonly TrialSummary[],
  goal: 'Minimize' | 'Maximize',
): TrialSummary | null {
  const loss = ({ FinalHyperParameterTuningJobObjectiveMetric: metric }: TrialSummary) => {
    if (metric === undefined) return Number.POSITIVE_INFINITY;
    return goal === 'Minimize' ? metric.Value : -metric.Value;
  };
  const [best] = [...trials].sort((a, b) => loss(a) - loss(b));
  return best === undefined || best.ObjectiveStatus === 'Failed' ? null : best;
}
