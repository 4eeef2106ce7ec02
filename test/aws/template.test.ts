import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFunction, functionNames } from './lambda-bundle.ts';
import { type PackagedService, packageService, type Resource } from './package-service.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Actions that AWS knows no narrower resource for. */
const ACTIONS_ON_EVERYTHING = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  // Of Step Functions, to log and trace.
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  // Of SageMaker's jobs.
  'ecr:GetAuthorizationToken',
  'cloudwatch:PutMetricData',
];

/** Objects of a bucket, tables and executions have no names before they exist. */
const WILDCARD_RESOURCES = [
  `{"Fn::Sub":"\${LakeBucket.Arn}/gold/training/*"}`,
  `{"Fn::Sub":"\${ModelsBucket.Arn}/hosted/*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/sagemaker/*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:sagemaker:\${AWS::Region}:\${AWS::AccountId}:model/clv-*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:sagemaker:\${AWS::Region}:\${AWS::AccountId}:transform-job/clv-*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:execution:foresight-dev-clv-scoring/*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:execution:foresight-prod-clv-scoring/*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:sagemaker:\${AWS::Region}:\${AWS::AccountId}:training-job/training-*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:sagemaker:\${AWS::Region}:\${AWS::AccountId}:hyper-parameter-tuning-job/training-*"}`,
  `{"Fn::Sub":"\${ModelsBucket.Arn}/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/bronze/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/undelivered/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/dead_letters/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/bronze/orders/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/bronze/refused_orders/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/orders/watermarks/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/bronze/enriched_events/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/gold/clv/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/silver/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/gold/user_features/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/gold/product_features/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/gold/loads/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/athena_results/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/gold/validation/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/gold/snapshot_rows/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/gold/snapshots/*"}`,
  `{"Fn::Sub":"\${LakeBucket.Arn}/silver/made/*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:glue:\${AWS::Region}:\${AWS::AccountId}:table/\${OfflineStoreDatabase}/*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:execution:\${BatchFeaturesMachine.Name}:*"}`,
  `{"Fn::Sub":"arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:execution:\${ClvTrainingMachine.Name}:*"}`,
];

/** Modules that sign their calls themselves, and what those need. */
const SIGNED_BY_HAND: Readonly<Record<string, readonly string[]>> = {
  'shared/aws/object-reader.ts': ['s3:GetObject', 's3:ListBucket'],
  'shared/aws/model-endpoint.ts': ['sagemaker:InvokeEndpoint'],
};

/** Calls whose permission has another name. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  'eventbridge:PutEvents': 'events:PutEvents',
  's3:ListObjectsV2': 's3:ListBucket',
  'sfn:DescribeExecution': 'states:DescribeExecution',
  'sfn:StartExecution': 'states:StartExecution',
};

/** In a bundle because their adapter or client is; these functions never make the calls. */
const NEVER_CALLED: Readonly<Record<string, readonly string[]>> = {
  clv: ['dynamodb:DescribeEndpoints', 'dynamodb:PutItem'],
  'clv-plan': [
    'dynamodb:DescribeEndpoints',
    'dynamodb:PutItem',
    's3:CreateSession',
    's3:DeleteObject',
  ],
  'clv-gather': ['s3:CreateSession', 's3:DeleteObject'],
  'clv-features': ['s3:CreateSession', 's3:DeleteObject'],
  'clv-forests': ['s3:CreateSession', 's3:DeleteObject'],
  'clv-score': ['s3:CreateSession', 's3:DeleteObject'],
  'clv-check': ['s3:CreateSession', 's3:DeleteObject', 's3:PutObject'],
  'clv-publish-part': ['dynamodb:DescribeEndpoints', 's3:CreateSession', 's3:DeleteObject'],
  'clv-publish': ['s3:CreateSession', 's3:DeleteObject'],
  'clv-proxies': ['s3:CreateSession', 's3:DeleteObject'],
  'clv-training-plan': [
    'dynamodb:DescribeEndpoints',
    'dynamodb:PutItem',
    's3:CreateSession',
    's3:DeleteObject',
  ],
  'clv-training-train': ['s3:CreateSession', 's3:DeleteObject'],
  'clv-training-register': [
    'dynamodb:DescribeEndpoints',
    'dynamodb:Query',
    's3:CreateSession',
    's3:DeleteObject',
  ],
  'training-begin': [
    'dynamodb:DescribeEndpoints',
    'dynamodb:PutItem',
    's3:CreateSession',
    's3:DeleteObject',
  ],
  'training-validate': ['s3:CreateSession', 's3:DeleteObject'],
  'training-build-set': ['s3:CreateSession', 's3:DeleteObject'],
  'training-fit': ['s3:CreateSession', 's3:DeleteObject'],
  'training-prepare-job': ['s3:CreateSession', 's3:DeleteObject'],
  'training-adopt-job': ['s3:CreateSession', 's3:DeleteObject'],
  'training-judge': [
    'dynamodb:DescribeEndpoints',
    'dynamodb:PutItem',
    'dynamodb:Query',
    's3:CreateSession',
    's3:DeleteObject',
  ],
  'training-register': [
    'dynamodb:DescribeEndpoints',
    'dynamodb:Query',
    's3:CreateSession',
    's3:DeleteObject',
  ],
  'batch-features-plan': ['s3:CreateSession', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
  'batch-features-check': ['s3:CreateSession', 's3:DeleteObject'],
  'batch-features-parts': ['s3:CreateSession', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
  'batch-features-load': [
    'dynamodb:DescribeEndpoints',
    's3:CreateSession',
    's3:DeleteObject',
    's3:PutObject',
  ],
  'batch-features-mark': ['dynamodb:DescribeEndpoints', 's3:CreateSession', 's3:DeleteObject'],
  authorizer: ['dynamodb:DescribeEndpoints'],
  'update-features': ['dynamodb:DescribeEndpoints'],
  'import-orders': ['s3:CreateSession', 's3:DeleteObject'],
  'keep-dead-letters': ['s3:CreateSession', 's3:DeleteObject', 's3:GetObject', 's3:ListBucket'],
  score: ['dynamodb:DescribeEndpoints', 'dynamodb:PutItem'],
};

const list = <Item>(items: Item | readonly Item[]): readonly Item[] => [items].flat() as Item[];

describe.each(['dev', 'prod'])('stack of %s', (stage) => {
  let service: PackagedService;
  const all = (type: string) =>
    Object.entries(service.resources).filter(([, resource]) => resource.Type === type);
  const named = (id: string) => service.resources[id] as Resource;

  const logicalId = (name: string) => {
    const [id] = all('AWS::Lambda::Function').find(
      ([, { Properties }]) => Properties.FunctionName === `foresight-${stage}-${name}`,
    ) as [string, Resource];
    return id;
  };
  const roleOf = (functionId: string): string => named(functionId).Properties.Role['Fn::GetAtt'][0];
  const statementsOf = (roleId: string): readonly Statement[] =>
    named(roleId).Properties.Policies.flatMap(
      (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
    );
  const grants = (roleId: string, action: string, resource: unknown) =>
    statementsOf(roleId).some(
      (statement) =>
        list(statement.Action).includes(action) &&
        list(statement.Resource).some((one) => JSON.stringify(one) === JSON.stringify(resource)),
    );

  beforeAll(async () => {
    service = await packageService(stage);
  }, 120_000);
  afterAll(() => service.delete());

  test('refers only to what it has', () => {
    const text = JSON.stringify(service.resources);
    const references = [
      ...text.matchAll(/"Ref":"([^"]+)"/g),
      ...text.matchAll(/"Fn::GetAtt":\["([^"]+)"/g),
      ...text.matchAll(/\$\{(\w[^}.]*)[^}]*\}/g),
    ].map(([, name]) => name as string);
    const substituted = [
      ...all('AWS::StepFunctions::StateMachine').flatMap(([, { Properties }]) =>
        Object.keys(Properties.DefinitionSubstitutions),
      ),
      // A text and what stands for its names.
      ...[...text.matchAll(/"Fn::Sub":\["[^"]*",\{"(\w+)":/g)].map(([, name]) => name),
    ];
    const unknown = references.filter(
      (name) =>
        !name.startsWith('AWS::') &&
        !substituted.includes(name) &&
        service.resources[name] === undefined,
    );
    expect(unknown).toEqual([]);
  });

  test('every state machine is the one of its file, also where that says null', () => {
    for (const [, { Properties }] of all('AWS::StepFunctions::StateMachine')) {
      const name = Properties.StateMachineName.replace(`foresight-${stage}-`, '');
      const file = readFileSync(`state-machines/${name}.asl.json`, 'utf8');
      expect(JSON.parse(Properties.DefinitionString)).toEqual(JSON.parse(file));
    }
  });

  test('every name in a state machine is substituted, and no other is', () => {
    for (const [, { Properties }] of all('AWS::StepFunctions::StateMachine')) {
      const names = Properties.DefinitionString.matchAll(/\$\{(\w+)\}/g);
      expect([...new Set([...names].map(([, name]) => name))].toSorted()).toEqual(
        Object.keys(Properties.DefinitionSubstitutions).toSorted(),
      );
    }
  });

  describe('functions', () => {
    test('run on Node 24 on arm64, traced, with a deadline and a log that ends', () => {
      for (const [, { Properties }] of all('AWS::Lambda::Function')) {
        expect(Properties).toMatchObject({
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          TracingConfig: { Mode: stage === 'prod' ? 'PassThrough' : 'Active' },
          Timeout: expect.any(Number),
        });
      }
      const logGroups = all('AWS::Logs::LogGroup');
      expect(logGroups.length).toBeGreaterThanOrEqual(functionNames.length);
      for (const [, { Properties }] of logGroups)
        expect(Properties.RetentionInDays).toBeGreaterThan(0);
    });

    test.each(functionNames)('%s has every variable that it reads, and no other', (name) => {
      const source = readFileSync(`functions/${name}.ts`, 'utf8');
      const read = [...source.matchAll(/\b([A-Z][A-Z_]+): z\b/g)].map(([, variable]) => variable);
      const given: Record<string, unknown> = named(logicalId(name)).Properties.Environment
        .Variables;
      expect(Object.keys(given).toSorted()).toEqual([...new Set([...read, 'STAGE'])].toSorted());
      for (const value of Object.values(given)) expect(value).toBeTruthy();
    });

    test('only enrich carries the table of countries', () => {
      const carriers = functionNames.filter((name) =>
        service.archive(name).includes('geo-whois-asn-country.mmdb'),
      );
      expect(carriers).toEqual(['enrich']);
    });
  });

  describe('roles', () => {
    test('each function has its own, which only Lambda may take', () => {
      const roles = all('AWS::Lambda::Function').map(([id]) => roleOf(id));
      expect(new Set(roles).size).toBe(functionNames.length);
      for (const role of roles) {
        const { Statement } = named(role).Properties.AssumeRolePolicyDocument;
        expect(Statement).toEqual([
          {
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ]);
        expect(named(role).Properties.ManagedPolicyArns ?? []).toEqual([]);
      }
    });

    test('name every action, and every resource that has a name', () => {
      for (const [role] of all('AWS::IAM::Role')) {
        for (const { Effect, Action, Resource } of statementsOf(role)) {
          expect(Effect).toBe('Allow');
          for (const action of list(Action)) expect(action).not.toContain('*');
          for (const resource of list(Resource)) {
            const text = JSON.stringify(resource);
            if (resource === '*')
              expect(ACTIONS_ON_EVERYTHING).toEqual(expect.arrayContaining([...list(Action)]));
            else if (text.includes('*')) expect(WILDCARD_RESOURCES).toContain(text);
          }
        }
      }
    });

    test.each(functionNames)('%s may do what its code calls, and nothing else', async (name) => {
      const { modules } = await bundleFunction(name);
      const called = [...modules.keys()].flatMap((path) => {
        const command = /client-([\w-]+)\/.*\/commands\/(\w+)Command\.js$/.exec(path);
        const call = `${command?.[1]?.replaceAll('-', '')}:${command?.[2]}`;
        if (command) return [PERMISSIONS[call] ?? call];
        return SIGNED_BY_HAND[path] ?? [];
      });
      const isConsumer = all('AWS::Lambda::EventSourceMapping').some(
        ([, { Properties }]) => Properties.FunctionName['Fn::GetAtt'][0] === logicalId(name),
      );
      // What the services do in the role's name: write logs, read the stream, encrypt a notice.
      const ofLambdaItself = isConsumer
        ? /^(logs|xray|sqs):|^kinesis:(Describe|Get|List)/
        : /^(logs|xray|kms):/;
      const granted = statementsOf(roleOf(logicalId(name)))
        .flatMap(({ Action }) => list(Action))
        .filter((action) => !ofLambdaItself.test(action));
      expect([...granted, ...(NEVER_CALLED[name] ?? [])].toSorted()).toEqual(called.toSorted());
    });
  });

  describe('streams', () => {
    test('a consumer gives up in the end, and keeps what it gave up on', () => {
      const mappings = all('AWS::Lambda::EventSourceMapping');
      expect(mappings).toHaveLength(2);
      for (const [, { Properties }] of mappings) {
        expect(Properties).toMatchObject({
          BisectBatchOnFunctionError: true,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        });
        expect(Properties.MaximumRetryAttempts).toBeGreaterThanOrEqual(1);
        expect(Properties.MaximumRetryAttempts).toBeLessThanOrEqual(10);
        expect(Properties.MaximumRecordAgeInSeconds).toBeGreaterThan(0);
        const role = roleOf(Properties.FunctionName['Fn::GetAtt'][0]);
        const queue = Properties.DestinationConfig.OnFailure.Destination;
        expect(named(queue['Fn::GetAtt'][0]).Type).toBe('AWS::SQS::Queue');
        expect(grants(role, 'sqs:SendMessage', queue)).toBe(true);
        for (const action of [
          'DescribeStreamSummary',
          'GetRecords',
          'GetShardIterator',
          'ListShards',
        ])
          expect(grants(role, `kinesis:${action}`, Properties.EventSourceArn)).toBe(true);
      }
    });

    test('keep encrypted records longer than a consumer tries', () => {
      for (const [, { Properties }] of all('AWS::Lambda::EventSourceMapping')) {
        const stream = named(Properties.EventSourceArn['Fn::GetAtt'][0]).Properties;
        expect(stream.RetentionPeriodHours * 3600).toBeGreaterThan(
          Properties.MaximumRecordAgeInSeconds,
        );
        expect(stream.StreamEncryption.EncryptionType).toBe('KMS');
      }
    });

    test('a consumer has the concurrency for every shard, reserved', () => {
      for (const [, { Properties }] of all('AWS::Lambda::EventSourceMapping')) {
        const { ShardCount } = named(Properties.EventSourceArn['Fn::GetAtt'][0]).Properties;
        const { ReservedConcurrentExecutions } = named(
          Properties.FunctionName['Fn::GetAtt'][0],
        ).Properties;
        expect(ReservedConcurrentExecutions).toBeGreaterThanOrEqual(
          ShardCount * Properties.ParallelizationFactor,
        );
      }
    });

    test.each([
      ['RawEventsDeliveryStream', 'raw_events', 'RawEventsStream'],
      ['EnrichedEventsDeliveryStream', 'enriched_events', 'EnrichedEventsStream'],
      ['DecisionsDeliveryStream', 'decisions', null],
      ['BadRowsDeliveryStream', 'bad_rows', null],
    ])('%s writes lines into bronze/%s', (id, name, source) => {
      const { DeliveryStreamType, KinesisStreamSourceConfiguration, ...rest } =
        named(id).Properties;
      const lake = rest.ExtendedS3DestinationConfiguration;
      expect(lake.Prefix).toBe(`bronze/${name}/dt=!{timestamp:yyyy-MM-dd}/`);
      expect(lake.ErrorOutputPrefix).toMatch(`undelivered/${name}/!{firehose:error-output-type}/`);
      expect(lake.ProcessingConfiguration).toEqual({
        Enabled: true,
        Processors: [
          {
            Type: 'AppendDelimiterToRecord',
            Parameters: [{ ParameterName: 'Delimiter', ParameterValue: '\\n' }],
          },
        ],
      });
      expect(DeliveryStreamType).toBe(source === null ? 'DirectPut' : 'KinesisStreamAsSource');
      expect(KinesisStreamSourceConfiguration?.KinesisStreamARN['Fn::GetAtt'][0] ?? null).toBe(
        source,
      );
      if (source === null) expect(rest.DeliveryStreamEncryptionConfigurationInput).toBeDefined();
    });
  });

  describe('stores', () => {
    test('tables are billed by request, encrypted and can be restored to any second', () => {
      const tables = all('AWS::DynamoDB::Table');
      expect(tables).toHaveLength(3);
      for (const [, { Properties }] of tables)
        expect(Properties).toMatchObject({
          BillingMode: 'PAY_PER_REQUEST',
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          SSESpecification: { SSEEnabled: true },
        });
      expect(named('OnlineTable').Properties.TimeToLiveSpecification).toEqual({
        AttributeName: 'expiresAt',
        Enabled: true,
      });
    });

    test('buckets are private, encrypted and closed to plain HTTP', () => {
      const policies = all('AWS::S3::BucketPolicy').map(([, { Properties }]) => Properties);
      for (const [id, { Properties }] of all('AWS::S3::Bucket')) {
        expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual(
          Array(4).fill(true),
        );
        expect(Properties.BucketEncryption).toBeDefined();
        const policy = policies.find(({ Bucket }) => Bucket.Ref === id);
        const denial = policy?.PolicyDocument.Statement[0];
        expect(denial).toMatchObject({ Effect: 'Deny', Principal: '*', Action: 's3:*' });
        expect(String(denial.Condition.Bool['aws:SecureTransport'])).toBe('false');
        expect(denial.Resource).toHaveLength(2);
      }
      for (const id of ['LakeBucket', 'ModelsBucket'])
        expect(named(id).Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    });

    test('what is stored is encrypted with KMS', () => {
      for (const id of ['LakeBucket', 'ModelsBucket'])
        expect(named(id).Properties.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
          {
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' },
            BucketKeyEnabled: true,
          },
        ]);
      for (const [, { Properties }] of all('AWS::SQS::Queue'))
        expect(Properties.KmsMasterKeyId).toBe('alias/aws/sqs');
    });

    test('every queue is closed to plain HTTP', () => {
      const closed = all('AWS::SQS::QueuePolicy').flatMap(([, { Properties }]) => {
        const [denial] = Properties.PolicyDocument.Statement;
        expect(denial).toMatchObject({
          Effect: 'Deny',
          Principal: '*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        });
        return denial.Resource.map((arn: { 'Fn::GetAtt': string[] }) => arn['Fn::GetAtt'][0]);
      });
      expect(closed.toSorted()).toEqual(
        all('AWS::SQS::Queue')
          .map(([id]) => id)
          .toSorted(),
      );
    });

    test('the lake moves what is old to cheaper storage, and forgets it in the end', () => {
      const { Rules } = named('LakeBucket').Properties.LifecycleConfiguration;
      const ofPrefix = (prefix: string) =>
        Rules.find(({ Prefix }: { Prefix?: string }) => Prefix === prefix);
      const { Transitions, ExpirationInDays } = ofPrefix('bronze/');
      // S3 refuses an expiry that is not after the transition, and bills 30 days of Standard-IA.
      expect(Transitions).toEqual([{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }]);
      expect(ExpirationInDays).toBeGreaterThanOrEqual(60);
      for (const prefix of ['undelivered/', 'dead_letters/'])
        expect(ofPrefix(prefix).ExpirationInDays).toBe(ExpirationInDays);
      expect(Rules).toContainEqual(
        expect.objectContaining({ NoncurrentVersionExpiration: { NoncurrentDays: 30 } }),
      );
    });

    test('what production keeps survives its stack', () => {
      const stateful = [
        'DynamoDB::Table',
        'Kinesis::Stream',
        'SecretsManager::Secret',
        'SQS::Queue',
      ]
        .flatMap((type) => all(`AWS::${type}`))
        .concat([
          ['LakeBucket', named('LakeBucket')],
          ['ModelsBucket', named('ModelsBucket')],
        ]);
      for (const [, { DeletionPolicy }] of stateful)
        expect(DeletionPolicy).toBe(stage === 'prod' ? 'Retain' : 'Delete');
    });

    test('no secret has a value in the template', () => {
      for (const [, { Properties }] of all('AWS::SecretsManager::Secret'))
        expect(Object.keys(Properties)).toEqual(['Description']);
    });
  });

  describe('door', () => {
    test('every route but health and the contract asks the authorizer', () => {
      const routes = all('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties);
      const open = routes.filter(({ AuthorizationType }) => AuthorizationType !== 'CUSTOM');
      expect(open.map(({ RouteKey }) => RouteKey).toSorted()).toEqual([
        'GET /v1/health',
        'GET /v1/openapi.json',
      ]);
    });

    test('an answer of the authorizer is kept a minute, by key and route', () => {
      expect(named('HttpApiAuthorizerKey').Properties).toMatchObject({
        AuthorizerResultTtlInSeconds: 60,
        IdentitySource: ['$request.header.x-api-key', '$context.routeKey'],
        EnableSimpleResponses: true,
        AuthorizerPayloadFormatVersion: '2.0',
      });
    });

    test('is throttled, and logs requests without addresses', () => {
      const { DefaultRouteSettings, AccessLogSettings } = named('HttpApiStage').Properties;
      expect(DefaultRouteSettings).toEqual({
        DetailedMetricsEnabled: false,
        ThrottlingRateLimit: expect.any(Number),
        ThrottlingBurstLimit: expect.any(Number),
      });
      expect(Object.values(JSON.parse(AccessLogSettings.Format))).not.toContain(
        '$context.identity.sourceIp',
      );
    });

    test('answers browsers of the shop alone', () => {
      const { AllowOrigins, AllowCredentials } = named('HttpApi').Properties.CorsConfiguration;
      expect(AllowOrigins.length).toBeGreaterThan(0);
      expect(AllowOrigins).not.toContain('*');
      expect(AllowCredentials ?? false).toBe(false);
    });
  });
});
