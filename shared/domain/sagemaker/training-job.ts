import * as z from 'zod';
import type { Hyperparameters } from './hyperparameters.ts';

export const nameSchema = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/, 'letters, digits and hyphens within');

export const s3Uri = z.string().regex(/^s3:\/\/[^/]+\/.*$/, 's3://bucket/key');

/** What is accepted because it changes where a job runs and not what it computes. */
export const placementSchema = {
  Tags: z.unknown(),
  VpcConfig: z.unknown(),
  EnableNetworkIsolation: z.boolean(),
  EnableInterContainerTrafficEncryption: z.boolean(),
  EnableManagedSpotTraining: z.boolean(),
  CheckpointConfig: z.unknown(),
  RetryStrategy: z.unknown(),
};

const channel = z.strictObject({
  ChannelName: z.enum(['train', 'validation']),
  ContentType: z.string().optional(),
  CompressionType: z.enum(['None', 'Gzip']).default('None'),
  InputMode: z.enum(['File', 'FastFile']).default('File'),
  DataSource: z.strictObject({
    S3DataSource: z.strictObject({
      S3DataType: z.literal('S3Prefix'),
      S3Uri: s3Uri,
      S3DataDistributionType: z.enum(['FullyReplicated', 'ShardedByS3Key']).optional(),
    }),
  }),
});

const resources = z.strictObject({
  InstanceCount: z.int().min(1),
  InstanceType: z.string().min(1),
  VolumeSizeInGB: z.int().min(1),
  VolumeKmsKeyId: z.string().optional(),
  KeepAlivePeriodInSeconds: z.int().optional(),
});

const algorithm = z.strictObject({
  TrainingImage: z.string().min(1),
  TrainingInputMode: z.enum(['File', 'FastFile']),
  EnableSageMakerMetricsTimeSeries: z.boolean().optional(),
});

/** What training and tuning jobs have in common. */
export const trainingSchema = {
  AlgorithmSpecification: algorithm,
  RoleArn: z.string().min(1),
  InputDataConfig: z.array(channel).min(1),
  OutputDataConfig: z.strictObject({
    S3OutputPath: s3Uri,
    KmsKeyId: z.string().optional(),
    CompressionType: z.literal('GZIP').optional(),
  }),
  ResourceConfig: resources,
  StoppingCondition: z.strictObject({
    MaxRuntimeInSeconds: z.int().min(1),
    MaxWaitTimeInSeconds: z.int().min(1).optional(),
  }),
};

/** `CreateTrainingJob` of the built-in XGBoost image, in the service's own names. */
export const trainingJobSchema = z.strictObject({
  TrainingJobName: nameSchema(63),
  HyperParameters: z.record(z.string(), z.string()),
  ...trainingSchema,
  ...z.object(placementSchema).partial().shape,
});

export type TrainingJob = z.output<typeof trainingJobSchema>;
export type TrainingJobRequest = z.input<typeof trainingJobSchema>;

/** Where and how long jobs run: from the template, by stage. */
export interface JobPlacement {
  readonly image: string;
  readonly roleArn: string;
  readonly instanceType: string;
  readonly volumeGb: number;
  readonly maxRuntimeSeconds: number;
  /** Spare capacity at a discount, which may be taken away: the job then starts anew. */
  readonly spot: boolean;
}

/** What a job reads and writes: `s3://bucket/prefix`. */
export interface JobData {
  readonly train: string;
  /** Required for early stopping. */
  readonly validation: string | null;
  /** `text/csv` or `text/libsvm`. */
  readonly contentType: string;
  readonly output: string;
}

/**
 * The request of a training job, as an ASL state's `Parameters` or the service takes it.
 * @param name see `jobName`
 */
export function trainingJobRequest(
  name: string,
  hyperparameters: Hyperparameters,
  data: JobData,
  placement: JobPlacement,
): TrainingJobRequest {
  return {
    TrainingJobName: name,
    HyperParameters: { ...hyperparameters },
    ...trainingOf(data, placement),
  };
}

/** The part of a request that training and tuning jobs share. */
export function trainingOf(data: JobData, placement: JobPlacement) {
  const { image, roleArn, instanceType, volumeGb, maxRuntimeSeconds, spot } = placement;
  const channelOf = (ChannelName: 'train' | 'validation', S3Uri: string) => ({
    ChannelName,
    ContentType: data.contentType,
    DataSource: {
      S3DataSource: {
        S3DataType: 'S3Prefix' as const,
        S3Uri,
        S3DataDistributionType: 'FullyReplicated' as const,
      },
    },
  });
  return {
    AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: 'File' as const },
    RoleArn: roleArn,
    InputDataConfig: [
      channelOf('train', data.train),
      ...(data.validation === null ? [] : [channelOf('validation', data.validation)]),
    ],
    OutputDataConfig: { S3OutputPath: data.output },
    ResourceConfig: {
      InstanceCount: 1,
      InstanceType: instanceType,
      VolumeSizeInGB: volumeGb,
    },
    StoppingCondition: {
      MaxRuntimeInSeconds: maxRuntimeSeconds,
      // Of a spot job: its run and the wait for capacity together.
      ...(spot ? { MaxWaitTimeInSeconds: 2 * maxRuntimeSeconds } : {}),
    },
    EnableManagedSpotTraining: spot,
    EnableNetworkIsolation: true,
  };
}
