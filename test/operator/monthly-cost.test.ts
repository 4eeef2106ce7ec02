import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDeployment } from '../../local/deployment.ts';
import { readPriceTable } from '../../local/price-table.ts';
import type { Deployment } from '../../shared/domain/deployment.ts';
import {
  costOfThousandScores,
  monthlyCost,
  totalOf,
  type Workload,
} from '../../shared/domain/monthly-cost.ts';

const prices = readPriceTable('us-east-1');
const packaged = readDeployment('prod');
const month: Workload = {
  events: 75e6,
  scores: 75e6,
  eventsPerRequest: 10,
  visitorsPerRequest: 1,
  endpointInstances: 0,
};
const costOf = (work: Partial<Workload> = {}, deployment: Partial<Deployment> = {}) =>
  totalOf(monthlyCost({ ...month, ...work }, { ...packaged, ...deployment }, prices));

describe('the packaged configuration', () => {
  test('costs at most 250 USD for 75 M events and 75 M scores', () => {
    expect(costOf()).toBeLessThanOrEqual(250);
  });

  test('adds at most 0.0018 USD for 1,000 scores, of which 0.0012 are requests', () => {
    const scores = costOfThousandScores(month, packaged, prices);
    expect(scores).toBeLessThanOrEqual(0.0018);
    expect(scores).toBeGreaterThan(0.0012);
  });

  test('has alarms where the stage is operated alone', () => {
    expect(packaged.alarmedMetrics).toBeGreaterThan(0);
    expect(readDeployment('dev').alarmedMetrics).toBe(0);
  });

  test('has no resource of which the model knows nothing', () => {
    expect(packaged.unknown).toEqual([]);
  });
});

/** A deployment whose month can be worked out on paper. */
const small: Deployment = {
  stage: 'paper',
  region: 'us-east-1',
  functions: [{ name: 'score', memoryMb: 1769, traced: false, logsInvocations: false }],
  streams: [{ name: 'raw', shards: 2, retentionHours: 24 }],
  consumers: [],
  deliveries: [
    { name: 'Raw', stream: 'raw', intervalSeconds: 300 },
    { name: 'Decisions', stream: null, intervalSeconds: 300 },
  ],
  tables: 1,
  recoverableTables: 1,
  routes: 3,
  routeMetrics: false,
  accessLogBytes: 0,
  accessLogIsInfrequent: false,
  logRetentionDays: 30,
  alarmedMetrics: 7,
  compositeAlarms: 1,
  dashboards: 1,
  keys: 1,
  secrets: 2,
  stateMachines: 0,
  unknown: [],
};

describe('lines', () => {
  const lines = (work: Partial<Workload> = {}, deployment: Partial<Deployment> = {}) =>
    monthlyCost({ ...month, ...work }, { ...small, ...deployment }, prices);
  const usd = (service: string, what: string, ...more: Parameters<typeof lines>) =>
    totalOf(lines(...more).filter((line) => line.service === service && line.what === what));

  test.each([
    ['API Gateway', 'requests for scores', 75],
    ['API Gateway', 'requests with events', 7.5],
    ['Lambda', 'score: requests', 15],
    // 14 ms of waiting, 1.7 of a full core and 0.6 of cold starts, at 1,769 MB.
    ['Lambda', 'score: duration at 1769 MB', 75e6 * 0.0163 * (1769 / 1024) * 0.0000133334],
    ['Kinesis', 'raw: shards', 2 * 730 * 0.015],
    ['Kinesis', 'raw: records', 75 * 0.014],
    // Each record counts as 5 KB.
    ['Firehose', 'Raw', ((75e6 * 5120) / 2 ** 30) * 0.029],
    ['Firehose', 'Decisions', ((75e6 * 5120) / 2 ** 30) * 0.029],
    ['DynamoDB', 'writes of the fold', (7.5 * 1.2 + 75 * 0.08) * 0.625],
    ['DynamoDB', 'reads of scores', 75 * 1.8 * 0.5 * 0.125],
    ['CloudWatch', 'alarms', 0.7],
    ['CloudWatch', 'composite alarms', 0.5],
    ['CloudWatch', 'dashboards', 3],
    ['KMS', 'keys of our own', 1],
    ['Secrets Manager', 'secrets', 0.8],
  ])('%s, %s: as on paper', (service, what, expected) => {
    expect(usd(service, what)).toBeCloseTo(expected, 6);
  });

  test.each<[string, string, string, Partial<Deployment>, number]>([
    [
      'retention beyond a day',
      'Kinesis',
      'raw: kept 168 h',
      { streams: [{ name: 'raw', shards: 2, retentionHours: 168 }] },
      2 * 730 * 0.02,
    ],
    // 730 h × 3,600 a second, and a twentieth of the rest.
    [
      'tracing',
      'X-Ray',
      'score: traces',
      { functions: [{ name: 'score', memoryMb: 512, traced: true, logsInvocations: false }] },
      (2.628 + (75 - 2.628) * 0.05) * 5,
    ],
    [
      'a line of each invocation',
      'CloudWatch',
      'score: lines of each invocation',
      { functions: [{ name: 'score', memoryMb: 512, traced: false, logsInvocations: true }] },
      ((75e6 * 430) / 2 ** 30) * 0.5,
    ],
    // 500,000 users, each written weekly.
    [
      'state machines',
      'DynamoDB',
      'writes of customer values',
      { stateMachines: 1 },
      0.5 * 4.35 * 0.625,
    ],
    // All are read each of 30.4 days, and one in twenty is written at 2 KB.
    [
      'state machines',
      'DynamoDB',
      'reads of batch features',
      { stateMachines: 1 },
      0.5 * (730 / 24) * 0.125,
    ],
    [
      'state machines',
      'DynamoDB',
      'writes of batch features',
      { stateMachines: 1 },
      0.5 * (730 / 24) * 0.05 * 2 * 0.625,
    ],
    ['state machines', 'Athena', 'scanned', { stateMachines: 1 }, ((75e6 * 2670) / 2 ** 40) * 5],
    ['metrics of routes', 'CloudWatch', 'metrics of routes', { routeMetrics: true }, 3 * 6 * 0.3],
    [
      'an access log',
      'API Gateway',
      'access log',
      { accessLogBytes: 300 },
      ((82.5e6 * 300) / 2 ** 30) * 0.5,
    ],
  ])('what %s would cost', (_, service, what, change, expected) => {
    expect(usd(service, what, {}, change) - usd(service, what)).toBeCloseTo(expected, 6);
  });

  test('more work never costs less', () => {
    const amount = fc.integer({ min: 0, max: 1e9 });
    fc.assert(
      fc.property(amount, amount, fc.integer({ min: 1, max: 1e6 }), (events, scores, more) => {
        const base = costOf({ events, scores });
        expect(costOf({ events: events + more, scores })).toBeGreaterThan(base);
        expect(costOf({ events, scores: scores + more })).toBeGreaterThan(base);
      }),
    );
  });

  test('events alone in their requests, or of many visitors, cost more', () => {
    expect(costOf({ eventsPerRequest: 1 })).toBeGreaterThan(costOf());
    expect(costOf({ visitorsPerRequest: 10 })).toBeGreaterThan(costOf());
  });
});

test('a region without a table is refused by name', () => {
  expect(() => readPriceTable('mars-north-1')).toThrow(/mars-north-1/);
});
