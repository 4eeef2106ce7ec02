import { availableParallelism } from 'node:os';
import {
  fromHyperparameters,
  LOSS_METRIC,
  type TrainingSettings,
} from '../../shared/domain/sagemaker/hyperparameters.ts';
import {
  type ReportedMetric,
  reportedMetrics,
} from '../../shared/domain/sagemaker/reported-metrics.ts';
import {
  readCsvChannel,
  readLibsvmChannel,
} from '../../shared/domain/sagemaker/training-channel.ts';
import { type TrainingJob, trainingJobSchema } from '../../shared/domain/sagemaker/training-job.ts';
import { type TrainingData, trainForest } from '../../shared/trees/train.ts';
import { writeXgboostContainer } from '../../shared/trees/write-xgboost-container.ts';
import { writeXgboostUbjson } from '../../shared/trees/write-xgboost-ubjson.ts';
import {
  arnOf,
  below,
  completed,
  now,
  objectsUnder,
  once,
  putObject,
  requestOf,
} from './sagemaker-service.ts';
import type { TaskHandler } from './tasks.ts';

/** `DescribeTrainingJob`'s answer, as far as a state machine reads it. */
export interface TrainingJobDescription extends TrainingJob {
  readonly TrainingJobArn: string;
  readonly TrainingJobStatus: 'Completed' | 'Failed' | 'Stopped';
  readonly SecondaryStatus: 'Completed' | 'Failed' | 'MaxRuntimeExceeded';
  /** Only of a failed job. */
  readonly FailureReason?: string;
  /** Only of a completed job. */
  readonly ModelArtifacts?: { readonly S3ModelArtifacts: string };
  /** Of the model that the artifact holds. */
  readonly FinalMetricDataList: readonly (ReportedMetric & { readonly Timestamp: number })[];
  readonly CreationTime: number;
  readonly TrainingStartTime: number;
  readonly TrainingEndTime: number;
  readonly LastModifiedTime: number;
  readonly TrainingTimeInSeconds: number;
}

/**
 * `sagemaker:createTrainingJob.sync` of the built-in XGBoost image: trains here, on the channels'
 * objects of the embedded stores, and leaves `model.tar.gz` where the service would. The same
 * channels and hyperparameters give the same bytes.
 */
export const createTrainingJob: TaskHandler = async (input, signal) => {
  const job = requestOf('CreateTrainingJob', trainingJobSchema, input);
  return completed(await runTrainingJob(job, signal), 'TrainingJobStatus');
};

/** Runs the job of a name once. A job that cannot train ends as Failed and says why. */
export function runTrainingJob(
  job: TrainingJob,
  signal: AbortSignal,
): Promise<TrainingJobDescription> {
  return once('training-job', job.TrainingJobName, job, async () => {
    const started = now();
    const outcome = await outcomeOf(job, signal);
    const ended = now();
    const { metrics = [], ...rest } = outcome;
    return {
      ...job,
      TrainingJobArn: arnOf('training-job', job.TrainingJobName),
      ...rest,
      FinalMetricDataList: metrics.map((metric) => ({ ...metric, Timestamp: ended })),
      CreationTime: started,
      TrainingStartTime: started,
      TrainingEndTime: ended,
      LastModifiedTime: ended,
      TrainingTimeInSeconds: Math.ceil((ended - started) / 1000),
    };
  });
}

type Outcome = Pick<
  TrainingJobDescription,
  'TrainingJobStatus' | 'SecondaryStatus' | 'FailureReason' | 'ModelArtifacts'
> & { readonly metrics?: readonly ReportedMetric[] };

async function outcomeOf(job: TrainingJob, signal: AbortSignal): Promise<Outcome> {
  let settings: TrainingSettings;
  let train: TrainingData;
  let validation: TrainingData | null;
  try {
    settings = fromHyperparameters(job.HyperParameters);
    train = (await channelOf(job, 'train', settings.csvWeights)) as TrainingData;
    validation = await channelOf(job, 'validation', settings.csvWeights);
  } catch (error) {
    return failed('ClientError', error);
  }
  const limit = AbortSignal.timeout(job.StoppingCondition.MaxRuntimeInSeconds * 1000);
  try {
    const { forest } = await trainForest(
      train,
      { ...settings.parameters, threads: settings.parameters.threads ?? availableParallelism() },
      { ...(validation === null ? {} : { validation }), signal: AbortSignal.any([signal, limit]) },
    );
    const metrics = metricsOf(settings);
    const reported = [
      ...reportedMetrics(forest, 'train', train, metrics),
      ...(validation === null ? [] : reportedMetrics(forest, 'validation', validation, metrics)),
    ];
    const output = below(job.OutputDataConfig.S3OutputPath, `${job.TrainingJobName}/output`);
    const artifact = `${output}/model.tar.gz`;
    await putObject(artifact, writeXgboostContainer(writeXgboostUbjson(forest)));
    return {
      TrainingJobStatus: 'Completed',
      SecondaryStatus: 'Completed',
      ModelArtifacts: { S3ModelArtifacts: artifact },
      metrics: reported,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted)
      return { TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' };
    return failed('AlgorithmError', error);
  }
}

function failed(kind: 'ClientError' | 'AlgorithmError', error: unknown): Outcome {
  return {
    TrainingJobStatus: 'Failed',
    SecondaryStatus: 'Failed',
    FailureReason: `${kind}: ${(error as Error).message}`,
  };
}

function metricsOf({ evalMetrics, parameters }: TrainingSettings): readonly string[] {
  if (evalMetrics.length > 0) return evalMetrics;
  const loss = LOSS_METRIC[parameters.objective];
  return loss === null ? [] : [loss];
}

/** @returns null for a validation channel that the job does not have */
async function channelOf(
  job: TrainingJob,
  name: 'train' | 'validation',
  weighted: boolean,
): Promise<TrainingData | null> {
  const channel = job.InputDataConfig.find(({ ChannelName }) => ChannelName === name);
  if (channel === undefined) {
    if (name === 'validation') return null;
    throw new Error('InputDataConfig has no channel train');
  }
  const { S3Uri } = channel.DataSource.S3DataSource;
  const objects = await objectsUnder(S3Uri, channel.CompressionType === 'Gzip');
  if (objects.length === 0) throw new Error(`no object below ${S3Uri} for channel ${name}`);
  const files = objects.map(({ bytes }) => Buffer.from(bytes).toString());
  const type = (channel.ContentType ?? 'text/libsvm').split(';')[0]?.trim().toLowerCase();
  if (type === 'text/csv' || type === 'csv') return readCsvChannel(files, weighted);
  if (type === 'text/libsvm' || type === 'text/x-libsvm' || type === 'libsvm')
    return readLibsvmChannel(files);
  throw new Error(
    `ContentType ${channel.ContentType} is not read here: text/csv or text/libsvm is`,
  );
}
