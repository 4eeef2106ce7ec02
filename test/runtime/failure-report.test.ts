import { beforeEach, expect, test, vi } from 'vitest';
import { failureReport } from '../../shared/runtime/failure-report.ts';
import { logger, metrics } from '../../shared/runtime/observability.ts';

const lines = vi.spyOn(logger, 'error').mockImplementation(() => {});
const counted = vi.spyOn(metrics, 'addMetric').mockReturnValue(undefined as never);
const down = new Error('the stream is down');

beforeEach(() => {
  lines.mockClear();
  counted.mockClear();
});

test('counts each failure, and logs one in ten seconds with the number of those between', () => {
  let now = 0;
  const report = failureReport(() => now);
  for (now = 0; now <= 10_000; now += 1_000) report('DecisionNotLogged', down);
  expect(counted).toHaveBeenCalledTimes(11);
  expect(lines.mock.calls).toEqual([
    ['DecisionNotLogged', { error: down, since_last_line: 0 }],
    ['DecisionNotLogged', { error: down, since_last_line: 9 }],
  ]);
});

test('one kind of failure does not hide another, nor a clock set back the next', () => {
  let now = 50_000;
  const report = failureReport(() => now);
  report('DecisionNotLogged', down);
  report('ScoreDegraded', down);
  now = 20_000;
  report('ScoreDegraded', down);
  expect(lines.mock.calls.map(([failure]) => failure)).toEqual([
    'DecisionNotLogged',
    'ScoreDegraded',
    'ScoreDegraded',
  ]);
});
