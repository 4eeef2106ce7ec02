import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleFunction, functionNames } from '../aws/lambda-bundle.ts';
import { addApiKey, withTables } from './dynamodb.ts';
import { withStreams } from './kinesis.ts';
import { withStubService } from './stub-service.ts';

/** From a click to a score through the bundles that are deployed, on emulators of the stack. */

type Handler = (event: unknown, context: Partial<Context>) => Promise<Record<string, unknown>>;

const folder = mkdtempSync(join(tmpdir(), 'foresight-lambda-'));
const handlers: Record<string, Handler> = {};
const delivered: Record<string, unknown>[] = [];

withTables('OnlineTable', 'ApiKeysTable');
const readStream = withStreams('raw-events', 'enriched-events');
const secrets = withStubService('SECRETS_MANAGER');
const firehose = withStubService('FIREHOSE');
const sqs = withStubService('SQS');
const s3 = withStubService('S3');
const sns = withStubService('SNS');

beforeAll(async () => {
  Object.assign(process.env, {
    LAMBDA_TASK_ROOT: process.cwd(),
    STAGE: 'dev',
    ONLINE_TABLE: 'OnlineTable',
    API_KEYS_TABLE: 'ApiKeysTable',
    RAW_STREAM: 'raw-events',
    ENRICHED_STREAM: 'enriched-events',
    DECISIONS_DELIVERY_STREAM: 'decisions',
    BAD_ROWS_DELIVERY_STREAM: 'bad-rows',
    MODELS_BUCKET: 'models',
    PSEUDONYM_SECRET: 'pseudonyms',
    SHOP_TIME_ZONE: 'Europe/London',
    SCORE_DEADLINE_MS: '5000',
    SCORING_BACKEND: 'process',
    SCORING_ENDPOINT: 'foresight-dev-propensity',
    SCORING_ENDPOINT_MS: '40',
    ENRICH_DEAD_LETTERS: `${process.env['AWS_ENDPOINT_URL_SQS']}/1/enrich`,
    UPDATE_FEATURES_DEAD_LETTERS: `${process.env['AWS_ENDPOINT_URL_SQS']}/1/update-features`,
    LAKE_BUCKET: 'lake',
    MEDIUM_NOTICES: 'arn:aws:sns:us-east-1:123456789012:medium',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
  secrets.answer = () => ({
    body: { SecretString: JSON.stringify({ current: 'k1', keys: { k1: 'ab'.repeat(32) } }) },
  });
  firehose.answer = ({ body }) => {
    const { DeliveryStreamName, Records } = body as {
      DeliveryStreamName: string;
      Records: { Data: string }[];
    };
    for (const { Data } of Records)
      delivered.push({
        to: DeliveryStreamName,
        ...JSON.parse(Buffer.from(Data, 'base64').toString()),
      });
    return { body: { RequestResponses: Records.map(() => ({ RecordId: 'stored' })) } };
  };
  for (const name of functionNames) {
    const file = join(folder, `${name}.cjs`);
    writeFileSync(file, (await bundleFunction(name)).code);
    handlers[name] = createRequire(import.meta.url)(file).handler;
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

const invoke = (name: string, event: unknown) =>
  (handlers[name] as Handler)(event, { functionName: name, awsRequestId: 'request-1' });

async function post(name: string, body: unknown) {
  const answer = await invoke(name, {
    version: '2.0',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)',
    },
    requestContext: { requestId: 'request-1', http: { method: 'POST', sourceIp: '8.8.8.8' } },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  });
  return { status: answer['statusCode'], body: JSON.parse(String(answer['body'])) };
}

/** Delivers what is on the stream as an event source mapping does. */
async function consume(name: string, stream: string) {
  const records = await readStream(stream);
  return invoke(name, {
    Records: records.map(({ partitionKey, sequence, data }) => ({
      eventSource: 'aws:kinesis',
      kinesis: {
        partitionKey,
        sequenceNumber: sequence,
        data: Buffer.from(data).toString('base64'),
      },
    })),
  });
}

test('the authorizer opens a route to a key of its scope, and no other', async () => {
  const key = 'fs_of-a-shop';
  await addApiKey(createHash('sha256').update(key).digest('hex'), {
    keyId: 'shop',
    scopes: ['collect'],
    expiresAt: null,
  });
  const ask = (presented: string, routeKey: string) =>
    invoke('authorizer', { headers: { 'x-api-key': presented }, routeKey });
  expect(await ask(key, 'POST /v1/events')).toEqual({ isAuthorized: true });
  expect(await ask(key, 'POST /v1/propensity')).toEqual({ isAuthorized: false });
  expect(await ask('another', 'POST /v1/events')).toEqual({ isAuthorized: false });
});

test('an event in a cart is a higher propensity, and each decision is delivered', async () => {
  const before = await post('score', { anonymous_id: 'a1' });
  expect(before).toMatchObject({ status: 200, body: { degraded: false } });

  const event = { anonymous_id: 'a1', product_id: 'p1', price: 20, currency: 'EUR' };
  const collected = await post('collect', {
    events: [
      { ...event, event_type: 'product_view' },
      { ...event, event_type: 'add_to_cart' },
      { ...event, event_type: 'no such type' },
    ],
  });
  expect(collected).toMatchObject({ status: 202, body: { accepted: 3 } });
  expect(await consume('enrich', 'raw-events')).toEqual({ batchItemFailures: [] });
  expect(await consume('update-features', 'enriched-events')).toEqual({ batchItemFailures: [] });

  const after = await post('score', { anonymous_id: 'a1' });
  expect(after).toMatchObject({ status: 200, body: { degraded: false } });
  expect(after.body.propensity).toBeGreaterThan(before.body.propensity);
  expect(delivered).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ to: 'bad-rows', reason: 'unknown_event_type' }),
      expect.objectContaining({ to: 'decisions', decision_id: before.body.decision_id }),
      expect.objectContaining({ to: 'decisions', decision_id: after.body.decision_id }),
    ]),
  );
  const [enriched] = await readStream('enriched-events');
  expect(JSON.parse(enriched?.data ?? '')).toMatchObject({ country: 'US', visitor: 'a1' });
});

test('what a consumer gave up on is in the lake before the message is deleted', async () => {
  const [first] = await readStream('raw-events');
  const { sequence, data } = first as NonNullable<typeof first>;
  const message = JSON.stringify({
    requestContext: {
      requestId: 'request-1',
      functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:foresight-dev-enrich',
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 6,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: '2026-11-21T12:00:00.000Z',
    KinesisBatchInfo: {
      shardId: 'shardId-000000000000',
      startSequenceNumber: sequence,
      endSequenceNumber: sequence,
      approximateArrivalOfFirstRecord: '2026-11-21T11:59:00.000Z',
      approximateArrivalOfLastRecord: '2026-11-21T11:59:00.000Z',
      batchSize: 1,
      streamArn: 'arn:aws:kinesis:us-east-1:123456789012:stream/raw-events',
    },
  });
  const steps: string[] = [];
  const MD5OfBody = createHash('md5').update(message).digest('hex');
  let queued = [{ MessageId: 'm1', ReceiptHandle: 'r1', Body: message, MD5OfBody }];
  sqs.answer = ({ target, body }) => {
    const { QueueUrl } = body as { QueueUrl: string };
    if (target === 'AmazonSQS.DeleteMessage') steps.push('delete');
    if (target !== 'AmazonSQS.ReceiveMessage' || !QueueUrl.endsWith('/enrich')) return { body: {} };
    const Messages = queued;
    queued = [];
    return { body: { Messages } };
  };
  let kept = '';
  s3.answer = ({ method, url, text }) => {
    const [path = ''] = url.split('?');
    steps.push(`${method} ${decodeURIComponent(path).replace(/[0-9a-f]{16}/, 'id')}`);
    kept = text;
    return { body: '' };
  };
  sns.answer = ({ text }) => {
    steps.push(`publish ${new URLSearchParams(text).get('Subject')}`);
    return {
      headers: { 'content-type': 'text/xml' },
      body: '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
    };
  };
  await invoke('keep-dead-letters', { 'detail-type': 'Scheduled Event' });
  expect(steps).toEqual([
    'PUT /lake/dead_letters/enrich/dt=2026-11-21/id.jsonl',
    'publish Foresight: enrich gave up on 1 record',
    'delete',
  ]);
  expect(JSON.parse(kept)).toMatchObject({
    consumer: 'enrich',
    expired: false,
    message,
    records: [{ sequence, data }],
  });
});

test('health answers', async () => {
  expect(await invoke('health', { requestContext: {} })).toMatchObject({ statusCode: 200 });
});
