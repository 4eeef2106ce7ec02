import { batchTransform } from '../../shared/domain/sagemaker/batch-transform.ts';
import type { HostedModelRequest } from '../../shared/domain/sagemaker/hosted-model.ts';
import {
  type TransformJob,
  transformJobSchema,
} from '../../shared/domain/sagemaker/transform-job.ts';
import { readForest } from '../../shared/trees/read-forest.ts';
import {
  arnOf,
  below,
  completed,
  described,
  now,
  objectAt,
  objectsUnder,
  once,
  placeOf,
  putObject,
  requestOf,
  serviceError,
} from './sagemaker-service.ts';
import type { TaskHandler } from './tasks.ts';

/** `DescribeTransformJob`'s answer, as far as a state machine reads it. */
interface TransformJobDescription extends TransformJob {
  readonly TransformJobArn: string;
  readonly TransformJobStatus: 'Completed' | 'Failed';
  readonly FailureReason?: string;
  readonly CreationTime: number;
  readonly TransformStartTime: number;
  readonly TransformEndTime: number;
}

/**
 * `sagemaker:createTransformJob.sync` of a model with the built-in XGBoost image: scores CSV files of
 * the embedded stores and writes `<input>.out` for each.
 */
export const createTransformJob: TaskHandler = async (input, signal) => {
  const job = requestOf('CreateTransformJob', transformJobSchema, input);
  const model = await described<HostedModelRequest>('model', job.ModelName);
  if (model === null)
    throw serviceError(
      'SageMaker.AmazonSageMakerException',
      `CreateTransformJob: ValidationException: could not find model ${job.ModelName}: create it first`,
    );
  const description = await once('transform-job', job.TransformJobName, job, async () => {
    const started = now();
    const failure = await transform(job, model.PrimaryContainer.ModelDataUrl, signal);
    const ended = now();
    return {
      ...job,
      TransformJobArn: arnOf('transform-job', job.TransformJobName),
      ...(failure === null
        ? { TransformJobStatus: 'Completed' as const }
        : { TransformJobStatus: 'Failed' as const, FailureReason: failure }),
      CreationTime: started,
      TransformStartTime: started,
      TransformEndTime: ended,
    };
  });
  return completed<TransformJobDescription>(description, 'TransformJobStatus');
};

/** @returns why it failed, or null. Files before the one that failed have their output. */
async function transform(
  job: TransformJob,
  artifact: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { S3Uri } = job.TransformInput.DataSource.S3DataSource;
  try {
    const archive = await objectAt(artifact);
    if (archive === null) return `ClientError: there is no model data at ${artifact}`;
    const score = batchTransform(readForest(archive), job);
    const objects = await objectsUnder(S3Uri);
    if (objects.length === 0) return `ClientError: no object below ${S3Uri}`;
    for (const { key, bytes } of objects) {
      signal.throwIfAborted();
      const output = below(job.TransformOutput.S3OutputPath, `${relative(S3Uri, key)}.out`);
      await putObject(output, score(key, bytes));
    }
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return `ClientError: ${(error as Error).message}`;
  }
}

/** The part of a key after the folder that the prefix names, or is in. */
function relative(prefix: string, key: string): string {
  const { key: start } = placeOf(prefix);
  return key.slice(start.lastIndexOf('/') + 1);
}
