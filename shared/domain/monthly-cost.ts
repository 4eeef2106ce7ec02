import type { Priced, PriceTable } from '../schemas/price-table.ts';
import { ASSUMED } from './cost-assumptions.ts';
import type { DeployedFunction, Deployment } from './deployment.ts';

/** A month's work. */
export interface Workload {
  readonly events: number;
  readonly scores: number;
  readonly eventsPerRequest: number;
  /** 1 where a page sends its own visitor's events, more where a server forwards those of many. */
  readonly visitorsPerRequest: number;
  /** Instances of a SageMaker endpoint that scores; 0: the function does. */
  readonly endpointInstances: number;
}

export interface CostLine {
  readonly service: string;
  readonly what: string;
  readonly quantity: number;
  readonly priced: Priced;
  readonly usd: number;
}

const GIGABYTE = 2 ** 30;
const TERABYTE = 2 ** 40;
const FIREHOSE_BYTES = 5 * 1024;
/** Of a Lambda function with a full core. */
const CORE_MB = 1769;
const SECONDS_PER_HOUR = 3600;
const XRAY_SHARE = 0.05;

/**
 * The month of a packaged stage line by line, without the free allowances of an account.
 * Sources: prices from the table, quantities from the deployment, the rest `cost-assumptions.ts`.
 */
export function monthlyCost(
  work: Workload,
  deployment: Deployment,
  { prices }: PriceTable,
): readonly CostLine[] {
  const line = (service: string, what: string, quantity: number, priced: Priced): CostLine => {
    const { usd, per } = prices[priced];
    return { service, what, quantity, priced, usd: (quantity * usd) / per };
  };
  const lines = [
    ...door(work, deployment, line),
    ...functions(work, deployment, line),
    ...streams(work, deployment, line),
    ...onlineStore(work, deployment, line),
    ...lake(work, deployment, line),
    ...observation(work, deployment, line),
    ...keysAndSecrets(deployment, line),
    ...machines(work, deployment, line),
    ...endpoint(work, line),
  ];
  return lines.filter(({ quantity }) => quantity > 0);
}

export function totalOf(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

/** What the scores of a month add to it, for 1,000 of them. */
export function costOfThousandScores(
  work: Workload,
  deployment: Deployment,
  prices: PriceTable,
): number {
  const without = totalOf(monthlyCost({ ...work, scores: 0 }, deployment, prices));
  const added = totalOf(monthlyCost(work, deployment, prices)) - without;
  return (added / work.scores) * 1000;
}

type Line = (service: string, what: string, quantity: number, priced: Priced) => CostLine;

const requestsOf = ({ events, eventsPerRequest }: Workload) => events / eventsPerRequest;

function door(work: Workload, { accessLogBytes, accessLogIsInfrequent }: Deployment, line: Line) {
  const requests = requestsOf(work);
  const answered = work.scores * ASSUMED.scoreAnswerBytes + requests * ASSUMED.collectAnswerBytes;
  return [
    line('API Gateway', 'requests with events', requests, 'http_api_request'),
    line('API Gateway', 'requests for scores', work.scores, 'http_api_request'),
    line(
      'API Gateway',
      'access log',
      ((work.scores + requests) * accessLogBytes) / GIGABYTE,
      accessLogIsInfrequent ? 'logs_infrequent_gb' : 'logs_gb',
    ),
    line('Transfer', 'answers', answered / GIGABYTE, 'transfer_out_gb'),
  ];
}

/** How often each function runs in a month. */
function invocationsOf(work: Workload, deployment: Deployment): ReadonlyMap<string, number> {
  const requests = requestsOf(work);
  const shards = Math.max(...deployment.streams.map((stream) => stream.shards));
  const minutes = ASSUMED.hoursPerMonth * 60;
  const consumers = deployment.consumers.map(({ function: name, perShard, windowSeconds }) => {
    // A shard is asked once a second, or once a window; each answer runs as often as it has lanes.
    const polls = (ASSUMED.hoursPerMonth * SECONDS_PER_HOUR) / Math.max(1, windowSeconds);
    return [name, Math.min(work.events, polls * shards * perShard)] as const;
  });
  return new Map([
    ['collect', requests],
    ['score', work.scores],
    ['authorizer', Math.min(requests + work.scores, ASSUMED.keyRoutes * minutes)],
    ...consumers,
  ]);
}

function functions(work: Workload, deployment: Deployment, line: Line): CostLine[] {
  const invocations = invocationsOf(work, deployment);
  return deployment.functions.flatMap((deployed) => {
    const { name } = deployed;
    const count = invocations.get(name) ?? 0;
    const waits = name === 'score' && work.endpointInstances > 0 ? ASSUMED.endpointWaitMs : 0;
    return [
      line('Lambda', `${name}: requests`, count, 'lambda_request'),
      line(
        'Lambda',
        `${name}: duration at ${deployed.memoryMb} MB`,
        count * gigabyteSeconds(deployed, waits),
        'lambda_arm_gb_second',
      ),
      line(
        'CloudWatch',
        `${name}: lines of each invocation`,
        (count * logBytes(deployed)) / GIGABYTE,
        'logs_gb',
      ),
      line('X-Ray', `${name}: traces`, deployed.traced ? traces(count) : 0, 'xray_trace'),
    ];
  });
}

/** Of one invocation: less memory is less core, so the same work takes longer and costs the same. */
function gigabyteSeconds({ name, memoryMb }: DeployedFunction, extraWaitMs: number): number {
  const { waitMs, cpuMs } = ASSUMED.invocation[name] ?? { waitMs: 0, cpuMs: 1 };
  const working = cpuMs * Math.max(1, CORE_MB / memoryMb);
  const billedMs = waitMs + extraWaitMs + working + ASSUMED.coldShare * ASSUMED.coldStartMs;
  return (billedMs / 1000) * (memoryMb / 1024);
}

function logBytes({ name, logsInvocations }: DeployedFunction): number {
  const ofInvocation = logsInvocations ? ASSUMED.invocationLogBytes : 0;
  return ofInvocation + (ASSUMED.metricLogBytes[name] ?? 0);
}

/** One a second as long as there is one, and one in twenty of the rest. */
function traces(invocations: number): number {
  const reservoir = Math.min(invocations, ASSUMED.hoursPerMonth * SECONDS_PER_HOUR);
  return reservoir + (invocations - reservoir) * XRAY_SHARE;
}

function streams({ events }: Workload, deployment: Deployment, line: Line): CostLine[] {
  return deployment.streams.flatMap(({ name, shards, retentionHours }) => {
    const hours = shards * ASSUMED.hoursPerMonth;
    return [
      line('Kinesis', `${name}: shards`, hours, 'kinesis_shard_hour'),
      line(
        'Kinesis',
        `${name}: kept ${retentionHours} h`,
        retentionHours > 24 ? hours : 0,
        'kinesis_extended_shard_hour',
      ),
      line('Kinesis', `${name}: records`, events, 'kinesis_put_unit'),
    ];
  });
}

function onlineStore(work: Workload, deployment: Deployment, line: Line): CostLine[] {
  // All of a visitor's events in one request are folded into one write.
  const visitorWrites = Math.min(work.events, requestsOf(work) * work.visitorsPerRequest);
  const userWrites = work.events * ASSUMED.userWritesPerEvent;
  const visitors = work.events * ASSUMED.visitorsPerEvent * ASSUMED.monthsOfVisitors;
  const gigabytes = (visitors * ASSUMED.itemKilobytes * 1024) / GIGABYTE;
  return [
    line(
      'DynamoDB',
      'writes of the fold',
      visitorWrites * ASSUMED.visitorWriteUnits + userWrites,
      'dynamodb_write_unit',
    ),
    line('DynamoDB', 'reads of the fold', visitorWrites + userWrites, 'dynamodb_read_unit'),
    // Eventually consistent: half a unit an item, present or not.
    line(
      'DynamoDB',
      'reads of scores',
      work.scores * ASSUMED.itemsPerScore * 0.5,
      'dynamodb_read_unit',
    ),
    line('DynamoDB', 'items', gigabytes, 'dynamodb_gb_month'),
    line(
      'DynamoDB',
      'point-in-time recovery',
      deployment.recoverableTables > 0 ? gigabytes : 0,
      'dynamodb_recovery_gb_month',
    ),
  ];
}

function lake(work: Workload, deployment: Deployment, line: Line): CostLine[] {
  const files = deployment.deliveries.map(
    ({ intervalSeconds }) => (ASSUMED.hoursPerMonth * SECONDS_PER_HOUR) / intervalSeconds,
  );
  const copies = deployment.deliveries.filter(({ stream }) => stream !== null).length;
  const eventBytes = copies * ASSUMED.eventBytes + ASSUMED.silverBytes;
  const bytes = work.events * eventBytes + work.scores * ASSUMED.decisionBytes;
  return [
    ...deployment.deliveries.map(({ name, stream }) =>
      line(
        'Firehose',
        name,
        (recordsOf(work, name, stream) * FIREHOSE_BYTES) / GIGABYTE,
        'firehose_gb',
      ),
    ),
    line(
      'S3',
      'files written',
      files.reduce((sum, count) => sum + count, 0),
      's3_put',
    ),
    line('S3', "this month's part of the lake", bytes / GIGABYTE, 's3_gb_month'),
  ];
}

/** Direct puts are decisions, and bad rows, which are few. */
function recordsOf({ events, scores }: Workload, name: string, stream: string | null): number {
  if (stream !== null) return events;
  return /decision/i.test(name) ? scores : 0;
}

function observation(work: Workload, deployment: Deployment, line: Line): CostLine[] {
  const { functions: deployed, logRetentionDays, accessLogBytes } = deployment;
  const invocations = invocationsOf(work, deployment);
  const logged =
    deployed.reduce((sum, one) => sum + (invocations.get(one.name) ?? 0) * logBytes(one), 0) +
    (work.scores + requestsOf(work)) * accessLogBytes;
  const kept = (logged / GIGABYTE) * ASSUMED.logCompression * (logRetentionDays / 30);
  return [
    line('CloudWatch', `logs kept ${logRetentionDays} days`, kept, 'logs_gb_month'),
    line('CloudWatch', 'metrics of our own', ASSUMED.ownMetrics, 'metric_month'),
    line(
      'CloudWatch',
      'metrics of routes',
      deployment.routeMetrics ? deployment.routes * ASSUMED.metricsOfRoute : 0,
      'metric_month',
    ),
    line('CloudWatch', 'alarms', deployment.alarmedMetrics, 'alarm_metric_month'),
    line('CloudWatch', 'composite alarms', deployment.compositeAlarms, 'composite_alarm_month'),
    line('CloudWatch', 'dashboards', deployment.dashboards, 'dashboard_month'),
  ];
}

function keysAndSecrets(deployment: Deployment, line: Line): CostLine[] {
  const encrypted = deployment.streams.length + deployment.tables;
  const hourly = ASSUMED.roleCredentials * ASSUMED.keyRequestsPerHour * encrypted;
  return [
    line('KMS', 'keys of our own', deployment.keys, 'kms_key_month'),
    line('KMS', 'requests', hourly * ASSUMED.hoursPerMonth, 'kms_request'),
    line('Secrets Manager', 'secrets', deployment.secrets, 'secret_month'),
  ];
}

/** State machines: daily features, weekly values of customers, training. */
function machines({ events }: Workload, { stateMachines }: Deployment, line: Line): CostLine[] {
  if (stateMachines === 0) return [];
  const users = events * ASSUMED.usersPerEvent;
  const usersOfDays = (users * ASSUMED.hoursPerMonth) / 24;
  const gigabytes = (users * ASSUMED.userKilobytes * 1024) / GIGABYTE;
  return [
    line('Step Functions', 'transitions', ASSUMED.transitionsPerMonth, 'step_transition'),
    line(
      'Lambda',
      'steps of machines: duration',
      users * ASSUMED.gigabyteSecondsPerUser + ASSUMED.trainingGigabyteSeconds,
      'lambda_arm_gb_second',
    ),
    line('DynamoDB', 'reads of batch features', usersOfDays, 'dynamodb_read_unit'),
    line(
      'DynamoDB',
      'writes of batch features',
      usersOfDays * ASSUMED.changedShareOfDay * ASSUMED.changedItemWriteUnits,
      'dynamodb_write_unit',
    ),
    line(
      'DynamoDB',
      'writes of customer values',
      users * ASSUMED.weeksPerMonth,
      'dynamodb_write_unit',
    ),
    line('DynamoDB', 'items of users', gigabytes, 'dynamodb_gb_month'),
    line('DynamoDB', 'recovery of the items of users', gigabytes, 'dynamodb_recovery_gb_month'),
    line('Athena', 'scanned', (events * ASSUMED.athenaBytesPerEvent) / TERABYTE, 'athena_tb'),
    line('SageMaker', 'training jobs', ASSUMED.jobHours, 'sagemaker_job_hour'),
  ];
}

function endpoint(work: Workload, line: Line): CostLine[] {
  return [
    line(
      'SageMaker',
      'endpoint',
      work.endpointInstances * ASSUMED.hoursPerMonth,
      'sagemaker_endpoint_hour',
    ),
  ];
}
