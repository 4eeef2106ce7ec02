import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PackagedService, packageService, type Resource } from './package-service.ts';

/** What a stage that is operated watches, whom it tells, and how a version reaches its shops. */

interface Dimension {
  readonly Name: string;
  readonly Value: unknown;
}

interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly string[];
  readonly statistic: string;
  readonly period: number;
}

/** Metrics that AWS has: namespace → dimensions they come by → names. */
const OF_AWS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'AWS/ApiGateway': { ApiId: ['4xx', '5xx', 'Count', 'Latency'] },
  'AWS/Lambda': {
    FunctionName: ['Duration', 'Errors', 'Invocations', 'IteratorAge', 'Throttles'],
    'FunctionName,Resource,ExecutedVersion': ['Errors'],
  },
  'AWS/SQS': { QueueName: ['ApproximateAgeOfOldestMessage', 'NumberOfMessagesSent'] },
  'AWS/Kinesis': { StreamName: ['IncomingBytes', 'WriteProvisionedThroughputExceeded'] },
  'AWS/Firehose': { DeliveryStreamName: ['DeliveryToS3.DataFreshness', 'IncomingBytes'] },
  'AWS/DynamoDB': {
    TableName: [
      'ConsumedReadCapacityUnits',
      'ConsumedWriteCapacityUnits',
      'ReadThrottleEvents',
      'WriteThrottleEvents',
    ],
  },
  'AWS/Logs': { LogGroupName: ['IncomingBytes'] },
  'AWS/States': { StateMachineArn: ['ExecutionsFailed', 'ExecutionsTimedOut'] },
};

/** Names of the metrics that functions count, read off their code. */
const COUNTED = new Set(
  ['functions', 'shared']
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
    )
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => [
      ...readFileSync(path, 'utf8').matchAll(
        /(?:addMetric|report|publishBy)\((?:'(?:model_version|action)', )?'([A-Z]\w+)'/g,
      ),
    ])
    .map(([, name]) => name),
);

const TOPICS = ['CriticalNotices', 'LowNotices', 'MediumNotices'];
const USD_A_MONTH = { metric: 0.1, composite: 0.5 };

let service: PackagedService;
beforeAll(async () => {
  service = await packageService('prod');
}, 120_000);
afterAll(() => service.delete());

const all = (type: string): readonly [string, Resource][] =>
  Object.entries(service.resources).filter(([, resource]) => resource.Type === type);
const properties = (id: string) => (service.resources[id] as Resource).Properties;
const alarms = () => all('AWS::CloudWatch::Alarm');
const composites = () => all('AWS::CloudWatch::CompositeAlarm');

/** The metrics that an alarm reads, whether of one or of an expression. */
function metricsOf(id: string): readonly Metric[] {
  const alarm = properties(id);
  const stats = alarm.Metrics?.filter((one: { MetricStat?: unknown }) => one.MetricStat) ?? [
    {
      MetricStat: {
        Metric: alarm,
        Period: alarm.Period,
        Stat: alarm.Statistic ?? alarm.ExtendedStatistic,
      },
    },
  ];
  return stats.map(({ MetricStat: { Metric, Period, Stat } }: never) =>
    metric(Metric, Stat, Period),
  );
}

function metric(
  of: { Namespace: string; MetricName: string; Dimensions: readonly Dimension[] },
  statistic: string,
  period: number,
): Metric {
  const dimensions = of.Dimensions.map(({ Name }) => Name);
  return { namespace: of.Namespace, name: of.MetricName, dimensions, statistic, period };
}

function topicsOf(actions: readonly { Ref: string }[] = []): readonly string[] {
  return actions.map(({ Ref }) => Ref.replace('Notices', '').toLowerCase());
}

/** Composites whose rule is true when the alarm is on. */
const compositesOver = (id: string) =>
  composites().filter(([, { Properties }]) =>
    new RegExp(`(?<!NOT )ALARM\\("\\$\\{${id}\\}"\\)`).test(Properties.AlarmRule['Fn::Sub']),
  );

/** Whom the alarm tells, itself or by a composite. */
function told(id: string): readonly string[] {
  return [
    ...topicsOf(properties(id).AlarmActions),
    ...compositesOver(id).flatMap(([, { Properties }]) => topicsOf(Properties.AlarmActions)),
  ];
}

describe('alarms', () => {
  test.each([
    ['p99', 'DoorLatency', 'Latency', 'p99', 60, 5, '>', 100, 'critical'],
    ['5xx', 'ServerErrors', '5xx', 'Sum', 900, 1, '>', 1, 'critical'],
    ['4xx', 'ClientErrors', '4xx', 'Sum', 300, 3, '>', 20, 'medium'],
    ['iterator age', 'EnrichBehind', 'IteratorAge', 'Maximum', 60, 5, '>', 60_000, 'critical'],
    [
      'iterator age',
      'UpdateFeaturesBehind',
      'IteratorAge',
      'Maximum',
      60,
      5,
      '>',
      60_000,
      'critical',
    ],
    ['dead letters', 'EnrichGaveUp', 'NumberOfMessagesSent', 'Sum', 60, 1, '>', 0, 'medium'],
    [
      'dead letters',
      'UpdateFeaturesGaveUp',
      'NumberOfMessagesSent',
      'Sum',
      60,
      1,
      '>',
      0,
      'medium',
    ],
    ['throttles', 'FunctionsThrottled', 'Throttles', 'Sum', 60, 3, '>', 0, 'medium'],
    [
      'throttles',
      'StreamsThrottled',
      'WriteProvisionedThroughputExceeded',
      'Sum',
      60,
      3,
      '>',
      0,
      'medium',
    ],
    ['throttles', 'OnlineTableThrottled', 'WriteThrottleEvents', 'Sum', 60, 3, '>', 0, 'medium'],
    ['endpoint', 'EndpointFailing', 'ScoreFallbacks', 'Sum', 300, 3, '>', 5, 'medium'],
    ['no traffic', 'NoTraffic', 'Invocations', 'Sum', 300, 3, '<', 1, 'critical'],
  ])('%s: %s', (_what, id, name, statistic, period, times, operator, threshold, topic) => {
    expect(metricsOf(id)).toContainEqual(expect.objectContaining({ name, statistic, period }));
    expect(properties(id)).toMatchObject({
      EvaluationPeriods: times,
      Threshold: threshold,
      ComparisonOperator: operator === '>' ? 'GreaterThanThreshold' : 'LessThanThreshold',
    });
    expect(properties(id).DatapointsToAlarm ?? times).toBe(times);
    expect(told(id)).toEqual([topic]);
  });

  test('a share is of a least traffic: one failure of few requests is no percentage', () => {
    const shares = alarms().flatMap(([, { Properties }]) =>
      (Properties.Metrics ?? [])
        .map(({ Expression }: { Expression?: string }) => Expression ?? '')
        .filter((expression: string) => expression.includes('/')),
    );
    expect(shares.length).toBeGreaterThanOrEqual(4);
    for (const expression of shares) expect(expression).toMatch(/\/ MAX\(\[.+, \d+\]\)$/);
  });

  test('no traffic breaches one alarm, and no other', () => {
    const breaching = alarms().filter(
      ([, { Properties }]) => Properties.TreatMissingData !== 'notBreaching',
    );
    expect(breaching.map(([id]) => id)).toEqual(['NoTraffic']);
    expect(properties('NoTraffic').ActionsEnabled).toBe(true);
  });

  test('each tells somebody, by itself or by one composite, or is what CodeDeploy watches', () => {
    const watched = all('AWS::CodeDeploy::DeploymentGroup').flatMap(([, { Properties }]) =>
      Properties.AlarmConfiguration.Alarms.map(({ Name }: { Name: { Ref: string } }) => Name.Ref),
    );
    for (const [id] of alarms()) {
      if (watched.includes(id)) expect(told(id)).toEqual([]);
      else expect(told(id)).toHaveLength(1);
    }
    for (const [, { Properties }] of composites())
      expect(topicsOf(Properties.AlarmActions)).toHaveLength(1);
  });

  test('every queue, stream consumer and delivery has its alarm', () => {
    const values = JSON.stringify(alarms());
    const name = (id: string, attribute: string) =>
      JSON.stringify({ 'Fn::GetAtt': [id, attribute] });
    for (const [id] of all('AWS::SQS::Queue')) expect(values).toContain(name(id, 'QueueName'));
    for (const [id] of all('AWS::KinesisFirehose::DeliveryStream'))
      expect(values).toContain(JSON.stringify({ Ref: id }));
    const aged = alarms()
      .filter(([, { Properties }]) => Properties.MetricName === 'IteratorAge')
      .map(([, { Properties }]) => Properties.Dimensions[0].Value.Ref);
    const consumers = all('AWS::Lambda::EventSourceMapping').map(
      ([, { Properties }]) => Properties.FunctionName['Fn::GetAtt'][0],
    );
    expect(aged.toSorted()).toEqual(consumers.toSorted());
  });

  test('every state machine has alarms of a run that failed and of one that took too long', () => {
    const watched = alarms()
      .filter(([, { Properties }]) => Properties.Namespace === 'AWS/States')
      .map(
        ([, { Properties }]) => `${Properties.Dimensions[0].Value.Ref} ${Properties.MetricName}`,
      );
    const expected = all('AWS::StepFunctions::StateMachine').flatMap(([id]) => [
      `${id} ExecutionsFailed`,
      `${id} ExecutionsTimedOut`,
    ]);
    expect(watched.toSorted()).toEqual(expected.toSorted());
  });

  test('every one has its entry in docs/operations.md', () => {
    const runbook = readFileSync('docs/operations.md', 'utf8');
    const without = [...alarms(), ...composites()]
      .map(([id]) => id.replace(/^\w+CanaryErrors$/, '<Function>CanaryErrors'))
      .filter((id) => !runbook.includes(`\`${id}\``) && !runbook.includes(`**${id}**`));
    expect(without).toEqual([]);
  });

  test('all of them cost less than 8 USD a month', () => {
    const metrics = alarms().reduce((sum, [id]) => sum + metricsOf(id).length, 0);
    expect(metrics * USD_A_MONTH.metric + composites().length * USD_A_MONTH.composite).toBeLessThan(
      8,
    );
  });
});

describe('metrics', () => {
  const known = ({ namespace, name, dimensions }: Omit<Metric, 'statistic' | 'period'>) =>
    namespace === 'Foresight'
      ? COUNTED.has(name) && dimensions.join() === 'service'
      : OF_AWS[namespace]?.[dimensions.join()]?.includes(name);

  test('of the alarms are ones that AWS has or our code counts', () => {
    const unknown = alarms().flatMap(([id]) => metricsOf(id).filter((one) => !known(one)));
    expect(unknown).toEqual([]);
  });

  test('of the dashboard too, and it shows what is asked of it', () => {
    const { DashboardBody } = properties('Dashboard');
    const { widgets } = JSON.parse(DashboardBody['Fn::Sub']) as {
      widgets: { properties: { metrics: (string | { expression?: string })[][] } }[];
    };
    const shown = widgets.flatMap(({ properties: { metrics } }) => metrics);
    const plain = shown.filter(([first]) => typeof first === 'string');
    for (const line of plain) {
      const [namespace = '', name = '', ...rest] = line.filter((part) => typeof part === 'string');
      const dimensions = rest.filter((_, index) => index % 2 === 0);
      expect(known({ namespace, name, dimensions }), line.join(' ')).toBe(true);
    }
    const searches = shown.flatMap(([first]) =>
      typeof first === 'object' && first.expression?.startsWith('SEARCH')
        ? [/\{Foresight,service,(\w+)\} MetricName="(\w+)"/.exec(first.expression)?.slice(1)]
        : [],
    );
    expect(searches).toEqual([
      ['model_version', 'Scores'],
      ['action', 'Decisions'],
    ]);
    for (const search of searches) expect(COUNTED).toContain(search?.[1]);
    expect(plain.map(([, name]) => name)).toEqual(
      expect.arrayContaining([
        'Latency',
        'ScoreDegraded',
        'FeatureAge',
        'IteratorAge',
        'NumberOfMessagesSent',
        'ConsumedWriteCapacityUnits',
      ]),
    );
  });

  test('are of this stage alone', () => {
    const ours = [...JSON.stringify(service.resources).matchAll(/foresight-(dev|staging|prod)\b/g)];
    expect(new Set(ours.map(([, stage]) => stage))).toEqual(new Set(['prod']));
  });
});

describe('notices', () => {
  test('are encrypted with a key that alarms may use, and closed to plain HTTP', () => {
    const topics = all('AWS::SNS::Topic');
    expect(topics.map(([id]) => id).toSorted()).toEqual(TOPICS);
    for (const [, { Properties }] of topics)
      expect(Properties.KmsMasterKeyId).toEqual({ Ref: 'NoticesKey' });
    expect(properties('NoticesKey')).toMatchObject({ EnableKeyRotation: true });
    expect(properties('NoticesKey').KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      }),
    );
    const { Topics, PolicyDocument } = properties('NoticesPolicy');
    expect(Topics).toHaveLength(topics.length);
    expect(PolicyDocument.Statement).toContainEqual({
      Sid: 'TlsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 'sns:Publish',
      Resource: Topics,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });

  test('of production reach somebody when they are critical', () => {
    expect(properties('CriticalNotices').Subscription).toEqual([
      { Protocol: 'email', Endpoint: expect.stringContaining('@') },
    ]);
    expect(properties('LowNotices').Subscription).toEqual([]);
  });
});

describe('a new version', () => {
  const doorFunctions = () =>
    all('AWS::Lambda::Alias').map(
      ([, { Properties }]) => (Properties.FunctionName as { Ref: string }).Ref,
    );
  const live = (functionId: string) => ({
    'Fn::Join': [':', [{ 'Fn::GetAtt': [functionId, 'Arn'] }, 'live']],
  });

  test('is behind an alias wherever the HTTP API calls a function', () => {
    const integrations = all('AWS::ApiGatewayV2::Integration').map(
      ([, { Properties }]) => Properties.IntegrationUri,
    );
    const aliases = doorFunctions().map(live);
    expect(integrations.length).toBeGreaterThanOrEqual(4);
    for (const uri of integrations) expect(aliases).toContainEqual(uri);
    for (const [, { Properties }] of all('AWS::ApiGatewayV2::Authorizer'))
      expect(Properties.AuthorizerUri['Fn::Join'][1]).toContainEqual(
        live('AuthorizerLambdaFunction'),
      );
    const invokers = all('AWS::Lambda::Permission').filter(
      ([, { Properties }]) => Properties.Principal === 'apigateway.amazonaws.com',
    );
    expect(invokers.map(([, { Properties }]) => Properties.FunctionName)).toEqual(
      expect.arrayContaining(aliases),
    );
    expect(invokers).toHaveLength(aliases.length);
  });

  test('takes 10 % for five minutes, and goes back when it fails', () => {
    const aliases = all('AWS::Lambda::Alias');
    for (const [, { Properties, UpdatePolicy }] of aliases as [string, Updated][]) {
      const { ApplicationName, DeploymentGroupName } =
        UpdatePolicy['Fn::If'][1].CodeDeployLambdaAliasUpdate;
      expect(UpdatePolicy['Fn::If'][0]).toBe('Operated');
      expect(properties(ApplicationName.Ref)).toEqual({ ComputePlatform: 'Lambda' });
      const group = properties(DeploymentGroupName.Ref);
      expect(group).toMatchObject({
        DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
        DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
        AutoRollbackConfiguration: { Enabled: true },
      });
      expect(group.AutoRollbackConfiguration.Events).toContain('DEPLOYMENT_STOP_ON_ALARM');
      const [own, door] = group.AlarmConfiguration.Alarms.map(
        ({ Name }: { Name: { Ref: string } }) => Name.Ref,
      );
      expect(door).toBe('ReleaseErrors');
      expect(properties(own).Dimensions).toEqual([
        { Name: 'FunctionName', Value: Properties.FunctionName },
        { Name: 'Resource', Value: { 'Fn::Join': [':', [Properties.FunctionName, 'live']] } },
        { Name: 'ExecutedVersion', Value: Properties.FunctionVersion },
      ]);
    }
  });

  test('is moved by a role that may move these aliases and read these alarms, and nothing else', () => {
    const [{ PolicyDocument }] = properties('CanaryRole').Policies;
    const [move, read] = PolicyDocument.Statement;
    expect(PolicyDocument.Statement).toHaveLength(2);
    expect(move.Action).toEqual([
      'lambda:GetAlias',
      'lambda:GetProvisionedConcurrencyConfig',
      'lambda:UpdateAlias',
    ]);
    expect(move.Resource).toEqual(
      doorFunctions().flatMap((id) => [
        { 'Fn::GetAtt': [id, 'Arn'] },
        { 'Fn::Sub': `\${${id}.Arn}:live` },
      ]),
    );
    expect(read.Action).toBe('cloudwatch:DescribeAlarms');
    expect(read.Resource).toHaveLength(doorFunctions().length + 1);
    expect(properties('CanaryRole').ManagedPolicyArns).toBeUndefined();
  });
});

interface Updated extends Resource {
  readonly UpdatePolicy: {
    readonly 'Fn::If': readonly [
      string,
      {
        readonly CodeDeployLambdaAliasUpdate: {
          readonly ApplicationName: { readonly Ref: string };
          readonly DeploymentGroupName: { readonly Ref: string };
        };
      },
    ];
  };
}

describe('dev', () => {
  test('has none of this: what watches and what shifts is made where a stage is operated', () => {
    const kinds = /^AWS::(CloudWatch|CodeDeploy)::/;
    const watching = Object.entries(service.resources).filter(([, { Type }]) => kinds.test(Type));
    expect(watching.length).toBeGreaterThan(30);
    for (const [id, { Condition }] of watching)
      expect(Condition, id).toBe(id === 'EndpointFailing' ? 'OperatedEndpoint' : 'Operated');
    expect(service.conditions['OperatedEndpoint']).toEqual({
      'Fn::And': [
        { Condition: 'Operated' },
        { 'Fn::Equals': [{ Ref: 'ScoringBackend' }, 'endpoint'] },
      ],
    });
  });
});
