import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { openClock } from '../../shared/embedded/clock.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';

/** What the stand-ins keep of jobs and models: one JSON object each, by the service's names. */
const BUCKET = 'sagemaker';

export type ResourceKind =
  | 'training-job'
  | 'hyper-parameter-tuning-job'
  | 'transform-job'
  | 'model';

export function arnOf(kind: ResourceKind, name: string): string {
  return `arn:aws:sagemaker:local:000000000000:${kind}/${name}`;
}

/**
 * A request as the service would take it.
 * @throws an error named `SageMaker.AmazonSageMakerException`, as Step Functions names what the
 *   service's validation says
 */
export function requestOf<Schema extends z.ZodType>(
  action: string,
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw serviceError(
    'SageMaker.AmazonSageMakerException',
    `${action}: ValidationException: ${z.prettifyError(parsed.error)}`,
  );
}

export function serviceError(name: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { name });
}

/** What is known of a name, once its work has ended. */
interface Kept<Description> {
  readonly request: string;
  readonly description: Description;
}

/**
 * Does the work of a name once: the same request again gets the same description, so that an
 * execution which is taken up anew after a crash finds what it has done. (The service itself
 * refuses any second use of a name; there Step Functions remembers.)
 * @throws an error named `SageMaker.ResourceInUseException` for the name with another request
 */
export async function once<Description>(
  kind: ResourceKind,
  name: string,
  request: unknown,
  work: () => Promise<Description>,
): Promise<Description> {
  const digest = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  const kept = await find<Description>(kind, name);
  if (kept !== null) {
    if (kept.request === digest) return kept.description;
    throw serviceError(
      'SageMaker.ResourceInUseException',
      `${kind} ${name} exists with another request: give this one another name`,
    );
  }
  const description = await work();
  const entry: Kept<Description> = { request: digest, description };
  await openObjectStore(BUCKET).put(keyOf(kind, name), Buffer.from(JSON.stringify(entry)));
  return description;
}

/** @returns null where no work of that name has ended */
export async function described<Description>(
  kind: ResourceKind,
  name: string,
): Promise<Description | null> {
  return (await find<Description>(kind, name))?.description ?? null;
}

async function find<Description>(
  kind: ResourceKind,
  name: string,
): Promise<Kept<Description> | null> {
  const bytes = await openObjectStore(BUCKET).get(keyOf(kind, name));
  return bytes === null ? null : JSON.parse(Buffer.from(bytes).toString());
}

function keyOf(kind: ResourceKind, name: string): string {
  return `${kind}/${name}.json`;
}

/**
 * The description of a finished job, as a `.sync` state answers it.
 * @throws an error named `States.TaskFailed` with the description, unless the status is Completed
 */
export function completed<Description>(description: Description, status: keyof Description) {
  if (description[status] === 'Completed') return description;
  throw serviceError('States.TaskFailed', JSON.stringify(description));
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** Objects below `s3://bucket/prefix` in order, without hidden ones, as jobs download them. */
export async function objectsUnder(uri: string, gzip = false): Promise<readonly StoredObject[]> {
  const { bucket, key: prefix } = placeOf(uri);
  const store = openObjectStore(bucket);
  const objects: StoredObject[] = [];
  for await (const key of store.list(prefix)) {
    if (/(^|\/)[._][^/]*$/.test(key)) continue;
    const bytes = await store.get(key);
    if (bytes !== null) objects.push({ key, bytes: gzip ? gunzipSync(bytes) : bytes });
  }
  return objects;
}

/** @returns null where there is no such object */
export function objectAt(uri: string): Promise<Uint8Array | null> {
  const { bucket, key } = placeOf(uri);
  return openObjectStore(bucket).get(key);
}

export async function putObject(uri: string, body: Uint8Array): Promise<void> {
  const { bucket, key } = placeOf(uri);
  await openObjectStore(bucket).put(key, body);
}

export function placeOf(uri: string): { readonly bucket: string; readonly key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  if (bucket === undefined || key === undefined)
    throw serviceError('SageMaker.AmazonSageMakerException', `${uri} is no s3://bucket/key`);
  return { bucket, key };
}

/** One segment below a path, whether that ends in a slash or not. */
export function below(uri: string, path: string): string {
  return `${uri.replace(/\/+$/, '')}/${path}`;
}

/** Epoch milliseconds, as Step Functions gives a job's times. */
export function now(): number {
  return openClock().now();
}
