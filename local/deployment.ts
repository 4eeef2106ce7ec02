import { join } from 'node:path';
import * as z from 'zod';
import type { Deployment } from '../shared/domain/deployment.ts';
import { UnsupportedWiring } from '../shared/errors.ts';
import { PROJECT } from './project.ts';
import { readServiceFile } from './service-file.ts';
import { readWiring, type Wiring } from './wiring.ts';

/** Types that the cost model has a line for, and those that cost nothing by themselves. */
const PRICED =
  /^AWS::(Lambda::Function|Kinesis::Stream|KinesisFirehose::DeliveryStream|DynamoDB::Table|S3::Bucket|SecretsManager::Secret|KMS::Key|CloudWatch::(Alarm|CompositeAlarm|Dashboard)|StepFunctions::StateMachine)$/;
const FREE =
  /^AWS::(IAM|ApiGatewayV2|CodeDeploy|SNS|SQS|Events|Scheduler|Glue|Athena|Budgets|ResourceGroups|CloudFormation)::|^AWS::(S3::BucketPolicy|KMS::Alias|Kinesis::ResourcePolicy|SecretsManager::ResourcePolicy|Logs::\w+|Lambda::(Alias|Version|Permission|EventInvokeConfig|EventSourceMapping|LayerVersion)|CloudWatch::InsightRule|SageMaker::ModelPackageGroup)$/;

/** Whether the cost model knows a type of resource. */
export function isKnownType(type: string): boolean {
  return PRICED.test(type) || FREE.test(type);
}

const resource = z.looseObject({
  Type: z.string(),
  Condition: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const document = z.looseObject({
  Parameters: z.record(z.string(), z.looseObject({ Default: z.unknown().optional() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), resource).default({}),
  extensions: z
    .record(z.string(), z.looseObject({ Properties: z.unknown().optional() }))
    .default({}),
});
const logging = z.looseObject({ systemLogLevel: z.string().default('INFO') });
const service = z.looseObject({
  provider: z.looseObject({
    region: z.string(),
    memorySize: z.number().default(1024),
    logRetentionInDays: z.number().default(Number.POSITIVE_INFINITY),
    logs: z
      .looseObject({
        lambda: logging.optional(),
        httpApi: z.union([z.boolean(), z.looseObject({ format: z.string() })]).default(false),
      })
      .default({ httpApi: false }),
    tracing: z.looseObject({ lambda: z.unknown() }).default({ lambda: false }),
  }),
  functions: z.record(
    z.string(),
    z.looseObject({
      memorySize: z.number().optional(),
      logs: logging.optional(),
      tracing: z.unknown().optional(),
    }),
  ),
  resources: z.array(document).default([]),
});
const alarm = z.looseObject({
  Metrics: z.array(z.looseObject({ MetricStat: z.unknown().optional() })),
});
const stream = z.looseObject({
  ShardCount: z.number(),
  RetentionPeriodHours: z.number().default(24),
});
const delivery = z.looseObject({
  ExtendedS3DestinationConfiguration: z.looseObject({
    BufferingHints: z.looseObject({ IntervalInSeconds: z.number() }),
  }),
});
const table = z.looseObject({
  PointInTimeRecoverySpecification: z
    .looseObject({ PointInTimeRecoveryEnabled: z.boolean() })
    .default({ PointInTimeRecoveryEnabled: false }),
});
const stageSettings = z.looseObject({
  DefaultRouteSettings: z.looseObject({ DetailedMetricsEnabled: z.boolean().default(false) }),
});

/** Length of a filled line, by what its variables are replaced with on average, and its envelope. */
const VARIABLE_BYTES = 14;
const LOG_ENVELOPE_BYTES = 26;
/** Where the format is the framework's own. */
const DEFAULT_LOG_BYTES = 400;

/**
 * Reads what decides a stage's costs from serverless.yml and the files it includes.
 * @throws UnsupportedWiring
 */
export function readDeployment(stage: string): Deployment {
  const file = join(PROJECT, 'serverless.yml');
  const parsed = service.safeParse(readServiceFile(file, stage));
  if (!parsed.success) {
    throw new UnsupportedWiring(`serverless.yml: ${z.prettifyError(parsed.error)}`);
  }
  const { provider, functions, resources: documents } = parsed.data;
  const wiring = readWiring(file, stage);
  const absent = absentConditions(documents);
  const resources = documents
    .flatMap(({ Resources }) => Object.entries(Resources))
    .filter(([, { Condition }]) => Condition === undefined || !absent.has(Condition));
  const extensions = Object.assign({}, ...documents.map(({ extensions }) => extensions));
  const ofType = (type: string) => resources.filter(([, { Type }]) => Type === `AWS::${type}`);
  const alarms = ofType('CloudWatch::Alarm');
  const tables = ofType('DynamoDB::Table').map(([, { Properties }]) => table.parse(Properties));
  const { httpApi } = provider.logs;
  return {
    stage,
    region: provider.region,
    functions: Object.entries(functions).map(([name, deployed]) => ({
      name,
      memoryMb: deployed.memorySize ?? provider.memorySize,
      traced: [true, 'Active'].includes((deployed.tracing ?? provider.tracing.lambda) as string),
      logsInvocations: (deployed.logs ?? provider.logs.lambda)?.systemLogLevel !== 'WARN',
    })),
    streams: ofType('Kinesis::Stream').map(([name, { Properties }]) => {
      const { ShardCount, RetentionPeriodHours } = stream.parse(Properties);
      return { name, shards: ShardCount, retentionHours: RetentionPeriodHours };
    }),
    consumers: wiring.streamMappings.map((mapping) => ({
      function: mapping.function,
      perShard: mapping.parallelizationFactor,
      windowSeconds: mapping.batchWindowSeconds,
    })),
    deliveries: wiring.deliveries.map(({ name, stream: source }) => ({
      name,
      stream: source,
      intervalSeconds: intervalOf(resources.find(([logical]) => logical === name)?.[1]),
    })),
    tables: tables.length,
    recoverableTables: tables.filter(
      ({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled } }) =>
        PointInTimeRecoveryEnabled,
    ).length,
    routes: wiring.routes.length,
    routeMetrics:
      stageSettings.safeParse(extensions['HttpApiStage']?.Properties).data?.DefaultRouteSettings
        .DetailedMetricsEnabled ?? false,
    accessLogBytes: accessLogBytes(httpApi),
    accessLogIsInfrequent:
      (extensions['HttpApiLogGroup']?.Properties as { LogGroupClass?: string } | undefined)
        ?.LogGroupClass === 'INFREQUENT_ACCESS',
    logRetentionDays: provider.logRetentionInDays,
    alarmedMetrics:
      alarms.reduce((sum, [, { Properties }]) => sum + metricsOf(Properties), 0) +
      (absent.has('Operated') ? 0 : canaried(wiring)),
    compositeAlarms: ofType('CloudWatch::CompositeAlarm').length,
    dashboards: ofType('CloudWatch::Dashboard').length,
    keys: ofType('KMS::Key').length,
    secrets: ofType('SecretsManager::Secret').length,
    stateMachines: ofType('StepFunctions::StateMachine').length,
    unknown: [
      ...new Set(resources.map(([, { Type }]) => Type).filter((type) => !isKnownType(type))),
    ],
  };
}

/** Whether a parameter by default has a value. */
const equals = z.strictObject({
  'Fn::Equals': z.tuple([z.strictObject({ Ref: z.string() }), z.unknown()]),
});
const named = z.strictObject({ Condition: z.string() });
const and = z.strictObject({ 'Fn::And': z.array(z.unknown()) });

/** Conditions that do not hold; one of another form counts as holding, for that costs more. */
function absentConditions(documents: readonly z.infer<typeof document>[]): ReadonlySet<string> {
  const parameters = Object.assign({}, ...documents.map(({ Parameters }) => Parameters));
  const conditions = Object.assign({}, ...documents.map(({ Conditions }) => Conditions));
  const holds = (condition: unknown): boolean => {
    const equal = equals.safeParse(condition).data?.['Fn::Equals'];
    if (equal !== undefined) return parameters[equal[0].Ref]?.Default === equal[1];
    const other = named.safeParse(condition).data?.Condition;
    if (other !== undefined) return holds(conditions[other]);
    return and.safeParse(condition).data?.['Fn::And'].every(holds) ?? true;
  };
  return new Set(Object.keys(conditions).filter((name) => !holds(conditions[name])));
}

/** An alarm on an expression is charged for each metric that it reads. */
function metricsOf(properties: unknown): number {
  const { success, data } = alarm.safeParse(properties);
  return success ? data.Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length : 1;
}

/** Functions that the door calls: each has an alarm of its canary (resources/canary.ts). */
function canaried({ routes, authorizers }: Wiring): number {
  return new Set([...routes, ...authorizers].map((called) => called.function)).size;
}

function intervalOf(found: z.infer<typeof resource> | undefined): number {
  const { ExtendedS3DestinationConfiguration: lake } = delivery.parse(found?.Properties);
  return lake.BufferingHints.IntervalInSeconds;
}

function accessLogBytes(log: boolean | { readonly format: string }): number {
  if (log === false) return 0;
  if (log === true) return DEFAULT_LOG_BYTES;
  const variables = /\$context(\.\w+)+/g;
  const filled = log.format.replaceAll(variables, '-'.repeat(VARIABLE_BYTES));
  return filled.length + LOG_ENVELOPE_BYTES;
}
