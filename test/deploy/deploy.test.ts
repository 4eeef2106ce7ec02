import { createHash, randomBytes } from 'node:crypto';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  type Rule,
} from '@aws-sdk/client-eventbridge';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { GetEventSourceMappingCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStreamReader } from '../../shared/aws/stream-reader.ts';
import type { StreamedRecord } from '../../shared/ports.ts';
import { type PackagedService, packageService } from '../aws/package-service.ts';
import { inventory } from './account.ts';
import { adapt, UNKNOWN_TYPES } from './adaptations.ts';
import { openBucket } from './bucket.ts';
import { openDoor } from './door.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { ended, execute, executionsOf } from './execution.ts';
import { openFindings } from './findings.ts';
import { changePackage, deploy, openStack, serverless } from './stack.ts';
import { deliver } from './stream-delivery.ts';

/**
 * The packaged stage `dev` on an emulated account, from the first deployment to the removal, as a
 * user goes about it (docs/deploy.md). The tests build on each other, in order.
 */

/** For what comes about on the emulator's own time: it polls streams, and schedules by the minute. */
const SOON = { timeout: 30_000, interval: 200 };
const NEXT_MINUTES = { timeout: 150_000, interval: 500 };

const GZIP = 0x1f8b;
const POISON = JSON.stringify({ poison: randomBytes(8).toString('hex') });
const COLLECT = `fs_${randomBytes(24).toString('hex')}`;
const SCORE = `fs_${randomBytes(24).toString('hex')}`;

const findings = openFindings();
let emulator: Emulator;
let service: PackagedService;
let before: Awaited<ReturnType<typeof inventory>>;
let outputs: Readonly<Record<string, string>>;
let stack: ReturnType<typeof openStack>;
let door: ReturnType<typeof openDoor>;
let lake: ReturnType<typeof openBucket>;

beforeAll(async () => {
  emulator = await startEmulator();
  Object.assign(process.env, emulator.environment); // this process, too, is the account's owner
  service = await packageService('dev');
  before = await inventory();
  stack = openStack();
});

afterAll(async () => {
  findings.print(`ministack ${emulator?.version}`);
  await emulator?.stop();
});

test('functions run on the Node of the Lambda runtime', () => {
  const runtimes = Object.values(service.resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties.Runtime);
  const major = process.versions.node.split('.')[0];
  expect(new Set(runtimes)).toEqual(new Set([`nodejs${major}.x`]));
});

test('the packaged stage is deployed', async () => {
  const types = [...new Set(Object.values(service.resources).map(({ Type }) => Type))];
  const unknown = await stack.unknownTypes(types);
  expect(UNKNOWN_TYPES).toEqual(expect.arrayContaining([...unknown]));
  for (const type of unknown) findings.notProven('a resource type', type);
  for (const [what, why] of changePackage(service.folder, adapt)) findings.changed(what, why);
  findings.changed(
    'loads functions of .cjs files',
    'it looks for .js and .mjs only; Lambda finds .cjs',
  );
  await deploy(service.folder, emulator);
  outputs = await stack.outputs();
  door = openDoor(emulator.endpoint, outputs['HttpApiId'] ?? '');
  lake = openBucket(outputs['LakeBucket'] ?? '');
});

test('its owner writes the key ring and two keys', async () => {
  await new SecretsManagerClient({}).send(
    new PutSecretValueCommand({
      SecretId: outputs['PseudonymSecret'],
      SecretString: JSON.stringify({
        current: 'k1',
        keys: { k1: randomBytes(32).toString('hex') },
      }),
    }),
  );
  for (const [key, scope] of [
    [COLLECT, 'collect'],
    [SCORE, 'score'],
  ] as const)
    await new DynamoDBClient({}).send(
      new PutItemCommand({
        TableName: outputs['ApiKeysTable'],
        Item: {
          digest: { S: createHash('sha256').update(key).digest('hex') },
          keyId: { S: scope },
          scopes: { L: [{ S: scope }] },
        },
      }),
    );
});

describe('the door', () => {
  test('tells its health to anybody', async () => {
    expect(await door.get('/v1/health')).toMatchObject({ status: 200, body: { stage: 'dev' } });
  });

  test.each([
    ['no key', '/v1/events', null, 401],
    ['an unknown key', '/v1/events', 'fs_unknown', 403],
    ['a key to score', '/v1/events', SCORE, 403],
    ['an unknown key', '/v1/propensity', 'fs_unknown', 403],
    ['a key to collect', '/v1/propensity', COLLECT, 403],
  ])('refuses %s on %s', async (_, path, key, status) => {
    expect(await door.post(path, key, { anonymous_id: 'a1' })).toMatchObject({ status });
  });

  test('answers the pages of the shop, and no others', async () => {
    const allowed = async (origin: string) =>
      (await door.preflight('/v1/events', origin)).headers.get('access-control-allow-origin');
    expect(await allowed('http://localhost:3000')).toBe('http://localhost:3000');
    expect(await allowed('https://elsewhere.example')).toBeNull();
  });

  test('serves its contract', async () => {
    const { status, body } = await door.get('/v1/openapi.json');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { openapi: expect.stringMatching(/^3\.1/) },
    });
  });

  test('answers what is no request as a problem', async () => {
    const answer = await door.post('/v1/events', COLLECT, { events: 'none' });
    expect(answer).toMatchObject({
      status: 400,
      body: { type: expect.stringMatching(/^urn:foresight:problem:/) },
    });
  });
});

describe('an event', () => {
  const score = async () => {
    const answer = await door.post('/v1/propensity', SCORE, { anonymous_id: 'a1' });
    expect(answer).toMatchObject({ status: 200, body: { degraded: false } });
    return answer.body as { readonly decision_id: string; readonly propensity: number };
  };

  test('changes the score of its visitor', async () => {
    const { propensity } = await score();
    const item = { anonymous_id: 'a1', product_id: 'p1', price: 20, currency: 'EUR' };
    const collected = await door.post('/v1/events', COLLECT, {
      events: [
        { ...item, event_type: 'product_view' },
        { ...item, event_type: 'add_to_cart' },
        { ...item, event_type: 'no such type' },
      ],
    });
    expect(collected).toMatchObject({ status: 202, body: { accepted: 3 } });
    await expect.poll(async () => (await score()).propensity, SOON).toBeGreaterThan(propensity);
  });

  test.each([
    ['raw_events', 3],
    ['enriched_events', 2],
    ['bad_rows', 1],
  ])('reaches %s of the lake', async (name, records) => {
    const today = `bronze/${name}/dt=${new Date().toISOString().slice(0, 10)}/`;
    await expect.poll(async () => (await lake.keys(today)).length, SOON).toBe(records);
  });

  test('decisions reach the lake', async () => {
    const { decision_id } = await score();
    const written = async () => {
      const keys = await lake.keys('bronze/decisions/');
      return (await Promise.all(keys.map((key) => lake.read(key)))).map(String);
    };
    await expect.poll(written, SOON).toContainEqual(expect.stringContaining(decision_id));
  });
});

describe('a state machine', () => {
  const DAY_MS = 86_400_000;
  const dayFromNow = (days: number) =>
    new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

  test('training reads the lake, and says what keeps it from learning', async () => {
    const run = await execute(outputs['TrainingMachine'] ?? '', {
      to: `${dayFromNow(1)}T00:00:00Z`,
    });
    expect(run).toMatchObject({
      status: 'FAILED',
      states: ['Begin', 'ValidateData', 'TellFailure', 'Failed'],
      cause: expect.stringContaining('enough_events: 2 events'),
    });
    if (run.error !== 'DataHalted') findings.notProven('errors by their names', `${run.error}`);
  });

  test('batch-features is started by its function, and ends where no day is over yet', async () => {
    await new LambdaClient({}).send(
      new InvokeCommand({ FunctionName: 'foresight-dev-batch-features-start', Payload: '{}' }),
    );
    const [execution = ''] = await executionsOf(outputs['BatchFeaturesMachine'] ?? '');
    expect(await ended(execution)).toMatchObject({
      status: 'SUCCEEDED',
      states: ['Plan the run', 'Is there anything to tell of?', 'Nothing to tell of'],
    });
  });

  test('batch-features of a day that is over gets as far as Athena, and says where it ended', async () => {
    await lake.write(`bronze/enriched_events/dt=${dayFromNow(-1)}/none.jsonl`, '{}\n');
    const run = await execute(outputs['BatchFeaturesMachine'] ?? '', { date: dayFromNow(0) });
    expect(run).toMatchObject({
      states: expect.arrayContaining(["Write the tables' texts", 'Make sure of the tables']),
    });
    if (run.status === 'FAILED') {
      expect(run.states.slice(-2)).toEqual(['Tell of the failure', 'Failed']);
      expect(run.cause).toContain('athena:startQueryExecution');
      findings.notProven('a job of another service', 'athena:startQueryExecution.sync');
    }
  });

  test('clv-scoring without a model publishes nothing', async () => {
    const run = await execute(outputs['ClvScoringMachine'] ?? '', {});
    expect(run).toMatchObject({
      status: 'FAILED',
      states: ['Plan', 'TellFailure', 'Failed'],
      cause: expect.stringContaining('model'),
    });
    expect(await lake.keys('gold/clv/publications/')).toEqual([]);
  });

  test('clv-training is started by what the bus tells of worse predictions', async () => {
    const machine = outputs['ClvTrainingMachine'] ?? '';
    await new EventBridgeClient({}).send(
      new PutEventsCommand({
        Entries: [{ Source: 'foresight', DetailType: 'ClvPerformanceDropped', Detail: '{}' }],
      }),
    );
    await expect.poll(() => executionsOf(machine), SOON).toHaveLength(1);
    const [execution = ''] = await executionsOf(machine);
    expect(await ended(execution)).toMatchObject({
      status: 'FAILED',
      states: ['Plan', 'GatherOrders', 'Train', 'TellFailure', 'Failed'],
    });
  });
});

test('a poison event ends in the dead-letter queue of its consumer', async () => {
  const StreamName = await stack.physicalId('EnrichedEventsStream');
  const UUID = await stack.physicalId(
    'UpdateDashfeaturesEventSourceMappingKinesisEnrichedEventsStream',
  );
  const { ShardId = '', SequenceNumber } = await new KinesisClient({}).send(
    new PutRecordCommand({ StreamName, PartitionKey: 'a1', Data: Buffer.from(POISON) }),
  );
  // The emulator's own delivery, which the function answers as failed.
  await expect
    .poll(() => logged('/aws/lambda/foresight-dev-update-features', 'MalformedRecord'), SOON)
    .not.toEqual([]);
  const mapping = await new LambdaClient({}).send(new GetEventSourceMappingCommand({ UUID }));
  if ((await letters()).length === 0) {
    findings.notProven('giving up on a record', 'a record that the function failed is passed over');
    const records: StreamedRecord[] = [];
    for await (const record of openStreamReader(StreamName).read(ShardId, null))
      records.push(record);
    await deliver(mapping, ShardId, records);
  }
  await expect.poll(letters, SOON).toContainEqual(
    expect.objectContaining({
      requestContext: expect.objectContaining({
        condition: 'RetryAttemptsExhausted',
        functionArn: expect.stringContaining('foresight-dev-update-features'),
        approximateInvokeCount: Number(mapping.MaximumRetryAttempts) + 1,
      }),
      KinesisBatchInfo: expect.objectContaining({
        batchSize: 1,
        startSequenceNumber: SequenceNumber,
        endSequenceNumber: SequenceNumber,
      }),
    }),
  );
});

test('a second deployment of the same package changes nothing', async () => {
  const events = await stack.eventCount();
  await deploy(service.folder, emulator);
  await deploy(service.folder, emulator, '--force');
  expect(await stack.eventCount()).toBe(events);
});

test('what was deployed is as the template has it', async () => {
  const drifts = await stack.drifts();
  expect(drifts.filter(({ status }) => status !== 'IN_SYNC')).toEqual([]);
  const compared = new Set(drifts.map(({ logicalId }) => logicalId));
  const rest = (await stack.resources()).filter(({ logicalId }) => !compared.has(logicalId));
  const types = [...new Set(rest.map(({ type }) => type))].toSorted();
  for (const type of types) findings.notProven('properties as deployed', type);
});

test('what this emulator leaves out is named', async () => {
  const processes = 'functions are processes of this machine';
  findings.notProven('speed, memory, concurrency, encryption, tracing', processes);

  const stage = Object.values(service.resources).find(
    ({ Type }) => Type === 'AWS::ApiGatewayV2::Stage',
  );
  const requests = 2 * stage?.Properties.DefaultRouteSettings.ThrottlingBurstLimit;
  if (!(await burst(requests)).includes(429))
    findings.notProven('throttling', `${requests} requests, none answered with 429`);

  if ((await logged('/aws/http-api/foresight-dev')).length === 0)
    findings.notProven('access logs', 'no line for any request');

  const [key = ''] = await lake.keys('bronze/raw_events/');
  if ((await lake.read(key)).readUInt16BE() !== GZIP)
    findings.notProven('compressed files of many records', 'a plain object for each record');

  const { Metrics = [] } = await new CloudWatchClient({}).send(
    new ListMetricsCommand({ Namespace: 'Foresight' }),
  );
  if (Metrics.length === 0) findings.notProven('metrics from log lines', 'no metric of ours');
});

test('a schedule fetches the dead letter into the lake', async () => {
  const record = { partition_key: 'a1', data: POISON };
  await expect
    .poll(kept, NEXT_MINUTES)
    .toContainEqual(
      expect.objectContaining({ expired: false, records: [expect.objectContaining(record)] }),
    );
  await expect.poll(queued, SOON).toEqual([]);
});

test('every schedule has its rule, which calls its function', async () => {
  const events = new EventBridgeClient({});
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  const declared = Object.values(service.resources).filter(
    ({ Type }) => Type === 'AWS::Events::Rule',
  );
  // The machines of dev start by hand alone (resources/stages.yml).
  expect(Rules.map(schedule).toSorted()).toEqual(
    declared.map(({ Properties }) => schedule(Properties)).toSorted(),
  );
  for (const { Name, ScheduleExpression } of Rules) {
    if (ScheduleExpression === undefined) continue;
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: Name }));
    for (const { Arn = '' } of Targets) {
      if (ScheduleExpression === 'rate(1 minute)')
        await expect
          .poll(() => logged(`/aws/lambda/${functionOf(Arn)}`, 'START'), NEXT_MINUTES)
          .not.toEqual([]);
      else
        findings.notProven(
          'schedules slower than a minute',
          `${functionOf(Arn)}: ${ScheduleExpression}`,
        );
    }
  }
});

test('no function failed but on the poison', async () => {
  const groups = (await stack.resources()).filter(
    ({ type, physicalId }) =>
      type === 'AWS::Logs::LogGroup' && physicalId.startsWith('/aws/lambda/'),
  );
  const lines = await Promise.all(groups.map(({ physicalId }) => logged(physicalId, 'ERROR')));
  const failures = lines.flat().filter((line) => line.includes('ERROR'));
  expect(failures.filter((line) => !line.includes('MalformedRecord'))).toEqual([]);
  expect(failures).not.toEqual([]);
});

test('the removed stack leaves nothing', async () => {
  for (const bucket of ['LakeBucket', 'ModelsBucket'])
    await openBucket(outputs[bucket] ?? '').empty();
  await serverless(service.folder, emulator, 'remove');
  expect(await inventory()).toEqual(before);
});

const functionOf = (arn: string) => /:function:([^:]+)/.exec(arn)?.[1] ?? arn;

/** A rule without a schedule waits for events, and is always on. */
const schedule = ({ ScheduleExpression = 'events', State = 'ENABLED' }: Rule) =>
  `${ScheduleExpression} ${State}`;

/** Messages of a log group that hold some text. */
async function logged(logGroupName: string, filterPattern?: string): Promise<readonly string[]> {
  const { events = [] } = await new CloudWatchLogsClient({}).send(
    new FilterLogEventsCommand({ logGroupName, filterPattern }),
  );
  return events.map(({ message = '' }) => message);
}

/** The stack's dead letters of update-features: in the queue, or fetched from there already. */
async function letters(): Promise<readonly unknown[]> {
  return [...(await queued()), ...(await kept()).map(({ message }) => JSON.parse(message))];
}

async function queued(): Promise<readonly unknown[]> {
  const QueueUrl = await stack.physicalId('UpdateFeaturesDeadLetters');
  const { Messages = [] } = await new SQSClient({}).send(
    new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }),
  );
  return Messages.map(({ Body = '' }) => JSON.parse(Body));
}

async function kept(): Promise<readonly { readonly message: string }[]> {
  const keys = await lake.keys('dead_letters/update-features/');
  const lines = await Promise.all(keys.map((key) => lake.read(key)));
  return lines.map((line) => JSON.parse(String(line)));
}

/** Statuses of requests one after the other, which no key opens. */
async function burst(requests: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let request = 0; request < requests; request++)
    statuses.push((await door.post('/v1/events', null, {})).status);
  return statuses;
}
