// biome-ignore-all lint/suspicious/noTemplateCurlyInString: names in state machines
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { environmentOf, readWiring } from '../../local/wiring.ts';

const scratch = mkdtempSync(join(tmpdir(), 'foresight-'));
let files = 0;
afterAll(() => rmSync(scratch, { recursive: true }));

function read(service: object) {
  const file = join(scratch, `${files++}.yml`);
  writeFileSync(file, stringify(service));
  return readWiring(file, 'dev');
}

const stream = {
  type: 'kinesis',
  arn: { 'Fn::GetAtt': ['Raw', 'Arn'] },
  startingPosition: 'TRIM_HORIZON',
  batchSize: 100,
  maximumRetryAttempts: 3,
  maximumRecordAgeInSeconds: 3600,
  destinations: { onFailure: { type: 'sqs', arn: { 'Fn::GetAtt': ['Dead', 'Arn'] } } },
};
const withEvent = (event: unknown) => ({
  provider: { name: 'aws' },
  functions: { f: { handler: 'functions/f.handler', events: [event] } },
});

test('the wiring of the project is what the README and the tests count on', () => {
  const wiring = readWiring(join(import.meta.dirname, '../../serverless.yml'), 'dev');
  expect(wiring.routes).toEqual(
    expect.arrayContaining([
      { method: 'POST', path: '/v1/events', function: 'collect', authorizer: 'key' },
      { method: 'POST', path: '/v1/propensity', function: 'score', authorizer: 'key' },
      { method: 'GET', path: '/v1/customers/{id}/clv', function: 'clv', authorizer: 'key' },
      { method: 'GET', path: '/v1/health', function: 'health', authorizer: null },
      { method: 'GET', path: '/v1/openapi.json', function: 'openapi', authorizer: null },
    ]),
  );
  expect(wiring.authorizers).toEqual([
    {
      name: 'key',
      function: 'authorizer',
      ttlSeconds: 60,
      identitySource: ['$request.header.x-api-key', '$context.routeKey'],
    },
  ]);
  expect(wiring.streamMappings.map(({ function: name, stream }) => [name, stream])).toEqual([
    ['enrich', 'RawEventsStream'],
    ['update-features', 'EnrichedEventsStream'],
  ]);
  expect(wiring.deliveries.map(({ stream, folder }) => [stream, folder])).toEqual([
    ['RawEventsStream', 'bronze/raw_events/'],
    ['EnrichedEventsStream', 'bronze/enriched_events/'],
    [null, 'bronze/decisions/'],
    [null, 'bronze/bad_rows/'],
  ]);
  expect(environmentOf(wiring)).toMatchObject({
    STAGE: 'dev',
    RAW_STREAM: 'RawEventsStream',
    ENRICHED_STREAM: 'EnrichedEventsStream',
    ONLINE_TABLE: 'OnlineTable',
  });
});

test('reads every setting of a stream, with the defaults of AWS', () => {
  expect(read(withEvent({ stream })).streamMappings).toEqual([
    {
      function: 'f',
      stream: 'Raw',
      startingPosition: 'TRIM_HORIZON',
      batchSize: 100,
      batchWindowSeconds: 0,
      parallelizationFactor: 1,
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: 3,
      maximumRecordAgeSeconds: 3600,
      reportsBatchItemFailures: false,
      deadLetterQueue: 'Dead',
    },
  ]);
  const set = {
    ...stream,
    startingPosition: 'LATEST',
    batchWindow: 5,
    parallelizationFactor: 4,
    bisectBatchOnFunctionError: true,
    functionResponseType: 'ReportBatchItemFailures',
  };
  expect(read(withEvent({ stream: set })).streamMappings).toMatchObject([
    {
      startingPosition: 'LATEST',
      batchWindowSeconds: 5,
      parallelizationFactor: 4,
      bisectBatchOnFunctionError: true,
      reportsBatchItemFailures: true,
    },
  ]);
});

test("a function's environment is its own over the provider's, names for references", () => {
  const [wired] = read({
    provider: { environment: { STAGE: 'dev', LEVEL: 1 }, timeout: 10 },
    functions: {
      f: {
        handler: 'functions/f.handler',
        environment: { STAGE: 'own', TABLE: { Ref: 'T' }, ARN: { 'Fn::GetAtt': ['S', 'Arn'] } },
      },
    },
  }).functions;
  expect(wired).toEqual({
    name: 'f',
    module: 'functions/f',
    export: 'handler',
    environment: { STAGE: 'own', LEVEL: '1', TABLE: 'T', ARN: 'S' },
    timeoutSeconds: 10,
  });
});

test.each([
  ['a rate', 'rate(5 minutes)', { expressions: ['rate(5 minutes)'], input: undefined }],
  [
    'several with input',
    { rate: ['cron(0 3 * * ? *)', 'rate(1 day)'], input: { all: true } },
    { expressions: ['cron(0 3 * * ? *)', 'rate(1 day)'], input: { all: true } },
  ],
])('reads a schedule: %s', (_case, schedule, expected) => {
  expect(read(withEvent({ schedule })).schedules).toEqual([
    { target: { function: 'f' }, ...expected },
  ]);
});

test('reads a rule on the bus, and knows those of the project', () => {
  const pattern = { source: ['foresight'], 'detail-type': ['A', 'B'] };
  expect(read(withEvent({ eventBridge: { pattern } })).eventRules).toEqual([
    { function: 'f', types: ['A', 'B'] },
  ]);
  const { eventRules } = readWiring(join(import.meta.dirname, '../../serverless.yml'), 'dev');
  expect(eventRules).toEqual([
    { function: 'clv-training-start', types: ['ClvPerformanceDropped'] },
  ]);
});

test.each([
  ['an event of another kind', { sqs: 'queue' }, /functions\.f\.events\.0/],
  ['a stream of DynamoDB', { stream: { ...stream, type: 'dynamodb' } }, /stream\.type/],
  [
    'a stream without retries',
    { stream: { ...stream, maximumRetryAttempts: undefined } },
    /maximumRetryAttempts/,
  ],
  ['endless retries', { stream: { ...stream, maximumRetryAttempts: -1 } }, /maximumRetryAttempts/],
  [
    'a stream without dead letters',
    { stream: { ...stream, destinations: undefined } },
    /destinations/,
  ],
  ['a filter', { stream: { ...stream, filterPatterns: [] } }, /filterPatterns/],
  ['a batch too large', { stream: { ...stream, batchSize: 10_001 } }, /batchSize/],
  ['any method', { httpApi: { method: '*', path: '/x' } }, /httpApi\.method: is no single/],
  ['a greedy path', { httpApi: { method: 'GET', path: '/{proxy+}' } }, /httpApi\.path/],
  [
    "a rule for others' events",
    { eventBridge: { pattern: { source: ['aws.s3'], 'detail-type': ['A'] } } },
    /pattern\.source/,
  ],
  [
    'a rule that looks into events',
    { eventBridge: { pattern: { source: ['foresight'], 'detail-type': ['A'], detail: {} } } },
    /detail/,
  ],
  ['a schedule that is none', { schedule: 'daily' }, /schedule/],
])('refuses %s, naming the place', (_case, event, message) => {
  expect(() => read(withEvent(event))).toThrow(
    expect.objectContaining({ name: 'UnsupportedWiring', message: expect.stringMatching(message) }),
  );
});

test('refuses a delivery stream that does not write folders a day', () => {
  const delivery = {
    Type: 'AWS::KinesisFirehose::DeliveryStream',
    Properties: {
      ExtendedS3DestinationConfiguration: { BucketARN: { Ref: 'Lake' }, Prefix: 'all/' },
    },
  };
  expect(() =>
    read({ provider: {}, functions: {}, resources: [{ Resources: { D: delivery } }] }),
  ).toThrow(/resources\.D\..*Prefix: does not end in a folder a day/);
});

test('refuses two functions that know one variable by different values', () => {
  const wiring = read({
    provider: {},
    functions: {
      f: { handler: 'functions/f.handler', environment: { TABLE: 'a' } },
      g: { handler: 'functions/g.handler', environment: { TABLE: 'b' } },
    },
  });
  expect(() => environmentOf(wiring)).toThrow(/functions\.g\.environment\.TABLE: is b here and a/);
});

const machineOf = (properties: object) => ({
  provider: {},
  functions: {},
  resources: {
    Resources: {
      WorkMachine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          StateMachineName: 'foresight-dev-work',
          Definition: { States: { Work: { Resource: 'r', Parameters: { F: '${Work}' } } } },
          DefinitionSubstitutions: { Work: { 'Fn::GetAtt': ['WorkLambdaFunction', 'Arn'] } },
          ...properties,
        },
      },
    },
  },
});

test('a machine goes by its name without the stage, names substituted', () => {
  expect(read(machineOf({})).machines).toEqual([
    {
      resource: 'WorkMachine',
      name: 'work',
      definition: {
        States: { Work: { Resource: 'r', Parameters: { F: 'WorkLambdaFunction' } } },
      },
    },
  ]);
});

test.each([
  ['of another stage', { StateMachineName: 'foresight-prod-work' }, /begin with foresight-dev-/],
  ['with a name nothing stands for', { DefinitionSubstitutions: {} }, /stand for \$\{Work\}/],
])('a machine %s is refused', (_case, properties, message) => {
  expect(() => read(machineOf(properties))).toThrow(message);
});

test.each([
  ['runs', {}, [{ target: { machine: 'M' }, expressions: ['rate(1 day)'], input: { a: 1 } }]],
  ['does not run where it is disabled', { State: 'DISABLED' }, []],
])('the schedule of a machine %s', (_case, more, expected) => {
  const rule = {
    Type: 'AWS::Events::Rule',
    Properties: {
      ScheduleExpression: 'rate(1 day)',
      Targets: [{ Id: 'm', Arn: { Ref: 'M' }, Input: '{"a":1}' }],
      ...more,
    },
  };
  const service = { provider: {}, functions: {}, resources: { Resources: { Rule: rule } } };
  expect(read(service).schedules).toEqual(expected);
});
