import { expect, test } from 'vitest';
import { nextRun, Schedules, scheduledEvent } from '../../local/schedules.ts';

const at = (text: string) => Date.parse(text);

test.each([
  ['rate(1 minute)', '2026-11-21T00:00:30Z', '2026-11-21T00:01:30Z'],
  ['rate(5 minutes)', '2026-11-21T00:00:00Z', '2026-11-21T00:05:00Z'],
  ['rate(2 hours)', '2026-11-21T23:00:00Z', '2026-11-22T01:00:00Z'],
  ['rate(14 days)', '2026-11-21T00:00:00Z', '2026-12-05T00:00:00Z'],
  ['cron(0 3 * * ? *)', '2026-11-21T03:00:00Z', '2026-11-22T03:00:00Z'],
  ['cron(0/15 8-17 ? * MON-FRI *)', '2026-11-20T17:45:00Z', '2026-11-23T08:00:00Z'],
  // The days of EventBridge begin with Sunday = 1.
  ['cron(0 0 ? * 1 *)', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z'],
  ['cron(0 12 L * ? *)', '2026-11-21T00:00:00Z', '2026-11-30T12:00:00Z'],
  ['cron(5 4 1 1 ? 2030)', '2026-11-21T00:00:00Z', '2030-01-01T04:05:00Z'],
])('%s after %s is %s', (expression, after, expected) => {
  expect(new Date(nextRun(expression, at(after))).toISOString()).toBe(
    new Date(expected).toISOString(),
  );
});

test('a year that is over never comes again', () => {
  expect(nextRun('cron(0 0 1 1 ? 2020)', at('2026-11-21T00:00:00Z'))).toBe(
    Number.POSITIVE_INFINITY,
  );
});

test.each(['rate(0 minutes)', 'rate(5 weeks)', 'cron(0 3 * * *)', 'cron(99 3 * * ? *)', 'daily'])(
  'refuses %s',
  (expression) => {
    expect(() => nextRun(expression, 0)).toThrow(
      expect.objectContaining({
        name: 'UnsupportedWiring',
        message: expect.stringContaining(expression),
      }),
    );
  },
);

test('runs what has become due on the clock, each time, in order of time', async () => {
  let now = at('2026-11-21T00:00:00Z');
  const runs: string[] = [];
  const schedule = (name: string, ...expressions: string[]) => ({
    target: { function: name },
    expressions,
    input: undefined,
  });
  const schedules = new Schedules(
    [
      schedule('often', 'rate(4 hours)'),
      schedule('daily', 'cron(0 3 * * ? *)', 'cron(0 9 * * ? *)'),
    ],
    { now: () => now },
    async ({ target }, time) => {
      runs.push(
        `${'function' in target && target.function} ${new Date(time).toISOString().slice(11, 16)}`,
      );
    },
  );
  await schedules.runDue();
  expect(runs).toEqual([]);
  now = at('2026-11-21T10:00:00Z');
  await schedules.runDue();
  await schedules.runDue();
  expect(runs).toEqual(['daily 03:00', 'often 04:00', 'often 08:00', 'daily 09:00']);
});

test('a rate in minutes that was missed often runs once, and goes on from there', async () => {
  let now = 0;
  let runs = 0;
  const schedules = new Schedules(
    [{ target: { function: 'look' }, expressions: ['rate(1 minute)'], input: undefined }],
    { now: () => now },
    async () => {
      runs++;
    },
  );
  now = 90 * 86_400_000;
  await schedules.runDue();
  expect(runs).toBe(1);
  now += 60_000;
  await schedules.runDue();
  expect(runs).toBe(2);
});

test('the event is the one of EventBridge, or the input given instead', () => {
  const schedule = { target: { function: 'f' }, expressions: ['rate(1 day)'], input: undefined };
  expect(scheduledEvent(schedule, at('2026-11-21T03:00:00Z'))).toMatchObject({
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    time: '2026-11-21T03:00:00Z',
    detail: {},
  });
  expect(scheduledEvent({ ...schedule, input: { a: 1 } }, 0)).toEqual({ a: 1 });
});
