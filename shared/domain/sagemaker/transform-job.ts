import * as z from 'zod';
import { nameSchema, s3Uri } from './training-job.ts';

const MOST_MEGABYTES_AT_ONCE = 100;

/** `CreateTransformJob` over CSV files, in the service's own names. */
export const transformJobSchema = z
  .strictObject({
    TransformJobName: nameSchema(63),
    ModelName: nameSchema(63),
    MaxConcurrentTransforms: z.int().min(1).default(1),
    MaxPayloadInMB: z.int().min(1).max(MOST_MEGABYTES_AT_ONCE).default(6),
    BatchStrategy: z.enum(['MultiRecord', 'SingleRecord']).default('MultiRecord'),
    Environment: z.record(z.string(), z.string()).optional(),
    TransformInput: z.strictObject({
      DataSource: z.strictObject({
        S3DataSource: z.strictObject({ S3DataType: z.literal('S3Prefix'), S3Uri: s3Uri }),
      }),
      ContentType: z.literal('text/csv'),
      CompressionType: z.literal('None').optional(),
      SplitType: z.literal('Line'),
    }),
    TransformOutput: z.strictObject({
      S3OutputPath: s3Uri,
      Accept: z.literal('text/csv').optional(),
      AssembleWith: z.literal('Line'),
      KmsKeyId: z.string().optional(),
    }),
    TransformResources: z.strictObject({
      InstanceType: z.string().min(1),
      InstanceCount: z.int().min(1),
      VolumeKmsKeyId: z.string().optional(),
    }),
    DataProcessing: z
      .strictObject({
        InputFilter: z.string().default('$'),
        OutputFilter: z.string().default('$'),
        JoinSource: z.enum(['Input', 'None']).default('None'),
      })
      .prefault({}),
    Tags: z.unknown().optional(),
  })
  .refine(
    ({ MaxConcurrentTransforms, MaxPayloadInMB }) =>
      MaxConcurrentTransforms * MaxPayloadInMB <= MOST_MEGABYTES_AT_ONCE,
    `MaxConcurrentTransforms × MaxPayloadInMB is more than ${MOST_MEGABYTES_AT_ONCE}`,
  );

export type TransformJob = z.output<typeof transformJobSchema>;
export type TransformJobRequest = z.input<typeof transformJobSchema>;

export interface TransformPlacement {
  readonly instanceType: string;
  readonly instanceCount: number;
  /** Requests that an instance answers at a time. */
  readonly concurrency: number;
  readonly payloadMegabytes: number;
}

/**
 * The request of a batch transform of CSV files whose first column is an id: the model sees the
 * columns after it, and each output line is the id and the prediction.
 * @param input prefix of the files, without headers
 * @param output each file's predictions are written there under its own name and `.out`
 */
export function transformJobRequest(
  name: string,
  modelName: string,
  { input, output }: { readonly input: string; readonly output: string },
  placement: TransformPlacement,
): TransformJobRequest {
  return {
    TransformJobName: name,
    ModelName: modelName,
    BatchStrategy: 'MultiRecord',
    MaxConcurrentTransforms: placement.concurrency,
    MaxPayloadInMB: placement.payloadMegabytes,
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: input } },
      ContentType: 'text/csv',
      SplitType: 'Line',
    },
    TransformOutput: { S3OutputPath: output, Accept: 'text/csv', AssembleWith: 'Line' },
    TransformResources: {
      InstanceType: placement.instanceType,
      InstanceCount: placement.instanceCount,
    },
    DataProcessing: { InputFilter: '$[1:]', OutputFilter: '$[0,-1]', JoinSource: 'Input' },
  };
}
