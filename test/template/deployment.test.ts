import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isKnownType, readDeployment } from '../../local/deployment.ts';
import type { Deployment } from '../../shared/domain/deployment.ts';
import { type PackagedService, packageService, type Resource } from '../aws/package-service.ts';

/** What `foresight cost` reads from the sources must be what is packaged from them. */
describe('the deployment that the cost model reads', () => {
  let service: PackagedService;
  let read: Deployment;

  beforeAll(async () => {
    service = await packageService('prod');
    read = readDeployment('prod');
  });

  afterAll(() => service?.delete());

  const all = (type: string): readonly Resource[] =>
    Object.values(service.resources).filter(({ Type }) => Type === `AWS::${type}`);

  test.each<[string, keyof Deployment]>([
    ['CloudWatch::CompositeAlarm', 'compositeAlarms'],
    ['CloudWatch::Dashboard', 'dashboards'],
    ['KMS::Key', 'keys'],
    ['SecretsManager::Secret', 'secrets'],
    ['DynamoDB::Table', 'tables'],
    ['StepFunctions::StateMachine', 'stateMachines'],
    ['ApiGatewayV2::Route', 'routes'],
  ])('counts every %s', (type, field) => {
    expect(read[field]).toBe(all(type).length);
  });

  test('counts every metric that an alarm reads', () => {
    // prod scores in the process
    const made = all('CloudWatch::Alarm').filter(({ Condition }) => Condition === 'Operated');
    const metrics = made.map(({ Properties: { Metrics } }) =>
      Metrics === undefined
        ? 1
        : Metrics.filter(({ MetricStat }: { MetricStat?: unknown }) => MetricStat).length,
    );
    expect(read.alarmedMetrics).toBe(metrics.reduce((sum, count) => sum + count, 0));
  });

  test('has the functions with their memory, tracing and logging', () => {
    const packaged = all('Lambda::Function').map(({ Properties }) => ({
      name: Properties.FunctionName.replace('foresight-prod-', ''),
      memoryMb: Properties.MemorySize,
      traced: Properties.TracingConfig?.Mode === 'Active',
      logsInvocations: Properties.LoggingConfig?.SystemLogLevel !== 'WARN',
    }));
    expect(packaged).toEqual(expect.arrayContaining([...read.functions]));
    expect(packaged).toHaveLength(read.functions.length);
  });

  test('has the streams with their shards and retention', () => {
    expect(read.streams.map(({ shards, retentionHours }) => [shards, retentionHours])).toEqual(
      all('Kinesis::Stream').map(({ Properties }) => [
        Properties.ShardCount,
        Properties.RetentionPeriodHours,
      ]),
    );
  });

  test('has what the door writes of each request', () => {
    const [stage] = all('ApiGatewayV2::Stage');
    const { DetailedMetricsEnabled } = stage?.Properties.DefaultRouteSettings ?? {};
    expect(read.routeMetrics).toBe(DetailedMetricsEnabled);
    const logGroup = service.resources['HttpApiLogGroup']?.Properties;
    expect(read.accessLogIsInfrequent).toBe(logGroup.LogGroupClass === 'INFREQUENT_ACCESS');
    expect(read.logRetentionDays).toBe(logGroup.RetentionInDays);
  });

  test('leaves out no type of resource', () => {
    const types = new Set(Object.values(service.resources).map(({ Type }) => Type));
    expect([...types].filter((type) => !isKnownType(type))).toEqual([]);
  });
});
