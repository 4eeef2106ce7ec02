import * as z from 'zod';
import { nameSchema, s3Uri } from './training-job.ts';

/** `CreateModel` of one container, in the service's own names. */
export const hostedModelSchema = z.strictObject({
  ModelName: nameSchema(63),
  PrimaryContainer: z.strictObject({
    Image: z.string().min(1),
    ModelDataUrl: s3Uri,
    Environment: z.record(z.string(), z.string()).optional(),
    Mode: z.literal('SingleModel').optional(),
  }),
  ExecutionRoleArn: z.string().min(1),
  EnableNetworkIsolation: z.boolean().optional(),
  VpcConfig: z.unknown().optional(),
  Tags: z.unknown().optional(),
});

/** What is asked for here. */
export interface HostedModelRequest {
  readonly ModelName: string;
  readonly PrimaryContainer: { readonly Image: string; readonly ModelDataUrl: string };
  readonly ExecutionRoleArn: string;
  readonly EnableNetworkIsolation: boolean;
}

/**
 * The request that makes an artifact a model which transform jobs and endpoints can use.
 * @param artifact `s3://…/model.tar.gz`
 */
export function hostedModelRequest(
  name: string,
  artifact: string,
  { image, roleArn }: { readonly image: string; readonly roleArn: string },
): HostedModelRequest {
  return {
    ModelName: name,
    PrimaryContainer: { Image: image, ModelDataUrl: artifact },
    ExecutionRoleArn: roleArn,
    EnableNetworkIsolation: true,
  };
}
