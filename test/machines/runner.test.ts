import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WiredMachine } from '../../local/machines/definition.ts';
import type { TaskHandler } from '../../local/machines/tasks.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { ended, runnerOf, statesOf } from './run-machine.ts';

const WORK = 'arn:aws:states:::lambda:invoke';

freshDataDirectory();
let runs = 0;
beforeEach(() => {
  runs++;
});
afterEach(() => vi.useRealTimers());

/** Of the test: all of them share a data directory. */
const name = () => `run-${runs}`;

function machineOf(work: object, more: object = {}): WiredMachine {
  return {
    resource: 'WorkMachine',
    name: 'work',
    definition: {
      StartAt: 'Work',
      States: {
        Work: { Type: 'Task', Resource: WORK, ...work },
        ...('Catch' in work && { Told: { Type: 'Pass', End: true } }),
      },
      ...more,
    },
  };
}

const plain = machineOf({ Parameters: { 'size.$': '$.size' }, End: true });
const start = () => openStateMachines().start('WorkMachine', name(), '{"size":2}');

test('a run gets its input, and its output is kept', async () => {
  const runner = runnerOf(
    plain,
    new Map([[WORK, async (input) => ({ twice: (input as { size: number }).size * 2 })]]),
  );
  await start();
  await runner.idle();
  expect(await ended(plain, name())).toMatchObject({ status: 'SUCCEEDED', output: '{"twice":4}' });
});

test('the same start again is the same run: it is not run again', async () => {
  const work = vi.fn(async () => ({}));
  const runner = runnerOf(plain, new Map([[WORK, work]]));
  await start();
  await runner.idle();
  await start();
  await runner.idle();
  expect(work).toHaveBeenCalledTimes(1);
});

const named = (name: string) => Object.assign(new Error(`${name} it was`), { name });

test.each([
  ['its own name', ['NotEnoughData'], 'SUCCEEDED'],
  ['any failure of a task', ['States.TaskFailed'], 'SUCCEEDED'],
  ['anything', ['States.ALL'], 'SUCCEEDED'],
  ['another name', ['DataHalted'], 'FAILED'],
])('an error is caught by %s', async (_case, ErrorEquals, status) => {
  const machine = machineOf({ End: true, Catch: [{ ErrorEquals, Next: 'Told' }] });
  const runner = runnerOf(machine, new Map([[WORK, () => Promise.reject(named('NotEnoughData'))]]));
  await start();
  await runner.idle();
  const run = await ended(machine, name());
  expect(run.status).toBe(status);
  expect(run.history.find(({ type }) => type === 'StateFailed')).toMatchObject({
    error: 'NotEnoughData',
    cause: 'NotEnoughData it was',
  });
});

const retrying = machineOf({
  End: true,
  Retry: [
    { ErrorEquals: ['ServiceUnavailable'], IntervalSeconds: 10, BackoffRate: 3, MaxAttempts: 2 },
  ],
});

test('a retry waits as its rule says, longer each time, and gives up at last', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const work = vi.fn(() => Promise.reject(named('ServiceUnavailable')));
  const runner = runnerOf(retrying, new Map([[WORK, work]]));
  await start();
  const idle = runner.idle();
  for (const [wait, calls] of [
    [10_000, 2],
    [30_000, 3],
  ] as const) {
    await untilWaiting();
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(work).toHaveBeenCalledTimes(calls - 1);
    await vi.advanceTimersByTimeAsync(1);
    expect(work).toHaveBeenCalledTimes(calls);
  }
  await idle;
  expect(await ended(retrying, name())).toMatchObject({ status: 'FAILED', output: null });
});

test('an error that its rule does not name is not retried', async () => {
  const work = vi.fn(() => Promise.reject(named('NotEnoughData')));
  const runner = runnerOf(retrying, new Map([[WORK, work]]));
  await start();
  await runner.idle();
  expect(work).toHaveBeenCalledTimes(1);
});

/** Ends with its signal only. */
const endless: TaskHandler = (_input, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

test.each([
  ['a state', machineOf({ End: true, TimeoutSeconds: 600 }), 'FAILED', 'States.Timeout'],
  ['a whole machine', machineOf({ End: true }, { TimeoutSeconds: 600 }), 'TIMED_OUT', null],
])(
  '%s that takes too long times out, and its task is told',
  async (_case, machine, status, error) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const runner = runnerOf(machine, new Map([[WORK, endless]]));
    await start();
    const idle = runner.idle();
    await untilWaiting();
    await vi.advanceTimersByTimeAsync(600_001);
    await idle;
    const run = await ended(machine, name());
    expect(run.status).toBe(status);
    expect(run.history.find(({ type }) => type === 'StateFailed')?.error ?? null).toBe(error);
  },
);

test('a run that was cut off is taken up again from its start', async () => {
  const first = runnerOf(plain, new Map([[WORK, endless]]));
  await start();
  first.takeUp();
  await vi.waitFor(
    async () => expect(statesOf(await ended(plain, name()))).toEqual(['Work']),
    20_000,
  );
  await first.stop();
  expect((await ended(plain, name())).status).toBe('RUNNING');
  const second = runnerOf(plain, new Map([[WORK, async () => 'done']]));
  await second.idle();
  expect(await ended(plain, name())).toMatchObject({ status: 'SUCCEEDED', output: '"done"' });
});

test('a machine that is no valid one fails its runs, and says why', async () => {
  const machine = machineOf({ Next: 'Nowhere' });
  const report = vi.fn();
  const runner = runnerOf(machine, new Map([[WORK, endless]]), report);
  await start();
  await runner.idle();
  expect(report).toHaveBeenCalledTimes(1);
  const run = await ended(machine, name());
  expect(run.status).toBe('FAILED');
  expect(run.history.at(-1)?.cause).toMatch(/Nowhere/);
});

test.each([
  ['a task nobody answers', machineOf({ End: true, Resource: 'arn:x' }), 'Work: nothing here'],
  ['heartbeats', machineOf({ End: true, HeartbeatSeconds: 5 }), 'Work: HeartbeatSeconds'],
  [
    'a state name used twice',
    machineOf({
      Type: 'Parallel',
      Branches: [{ StartAt: 'Work', States: { Work: { Type: 'Pass', End: true } } }],
      End: true,
    }),
    'Work: another state',
  ],
  ['what is no machine', { resource: 'M', name: 'm', definition: {} }, 'machine m is no Amazon'],
])('%s is refused', (_case, machine, message) => {
  expect(() => runnerOf(machine, new Map([[WORK, endless]]))).toThrow(message);
});

/** The runner has come to a wait: a timer is set, and nothing else is under way. */
async function untilWaiting(): Promise<void> {
  while (vi.getTimerCount() === 0) await setImmediate();
}
