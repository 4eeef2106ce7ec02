import type { JobData, JobPlacement } from '../../shared/domain/sagemaker/training-job.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';

/** Where the tests' jobs would run. */
export const PLACEMENT: JobPlacement = {
  image: '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0',
  roleArn: 'arn:aws:iam::000000000000:role/jobs',
  instanceType: 'ml.m5.xlarge',
  volumeGb: 10,
  maxRuntimeSeconds: 600,
  spot: false,
};

export const DATA: JobData = {
  train: 's3://LakeBucket/gold/training/train/',
  validation: 's3://LakeBucket/gold/training/validation/',
  contentType: 'text/csv',
  output: 's3://ModelsBucket/jobs',
};

export const NEVER = new AbortController().signal;

export async function put(uri: string, text: string | Uint8Array): Promise<void> {
  const [bucket = '', ...key] = uri.replace('s3://', '').split('/');
  await openObjectStore(bucket).put(key.join('/'), Buffer.from(text));
}

export async function get(uri: string): Promise<Buffer> {
  const [bucket = '', ...key] = uri.replace('s3://', '').split('/');
  const bytes = await openObjectStore(bucket).get(key.join('/'));
  if (bytes === null) throw new Error(`no object ${uri}`);
  return Buffer.from(bytes);
}

/** What a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error('the call was not refused');
}
