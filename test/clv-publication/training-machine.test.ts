import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { functionResource } from '../../local/functions.ts';
import type { WiredMachine } from '../../local/machines/definition.ts';
import { platformTasks } from '../../local/machines/platform-tasks.ts';
import { readProjectWiring } from '../../local/project.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { ended, type Ran, runnerOf, statesOf } from '../machines/run-machine.ts';

/** The real files of both machines; their functions are stood for, so that every branch can be taken. */
const { machines } = readProjectWiring('dev');
const named = (name: string) => machines.find((one) => one.name === name) as WiredMachine;
const TRAINING = named('clv-training');
const SCORING = named('clv-scoring');

type Steps = Record<string, (payload: Record<string, unknown>) => unknown>;

const PLAN = { run_id: 'clv-training-2026-01-05', parts: 4 };
const VERDICT = { version: 'v1', status: 'candidate' };
const WORKING: Steps = {
  'clv-training-plan': () => ({ plan: PLAN, chunks: [0, 1] }),
  'clv-gather': () => ({ chunk: 0 }),
  'clv-training-train': () => VERDICT,
  'clv-training-register': () => undefined,
  'clv-training-tell': () => undefined,
  'clv-plan': () => ({ plan: { ...PLAN, scorer: 'embedded' }, chunks: [0], parts: [0] }),
};
const DONE = ['Plan', 'GatherOrders', 'GatherChunk', 'GatherChunk', 'Train', 'Register'];

const calls: [string, Record<string, unknown>][] = [];

beforeEach(() => {
  calls.length = 0;
  vi.stubEnv('FORESIGHT_DATA_DIR', mkdtempSync(join(tmpdir(), 'foresight-clv-training-')));
});
afterEach(async () => {
  vi.useRealTimers();
  const { path } = dataDirectory();
  await closeDataDirectory(dataDirectory());
  rmSync(path, { recursive: true });
  vi.unstubAllEnvs();
});

async function run(steps: Steps, machine = TRAINING): Promise<Ran> {
  const byResource = new Map(
    Object.entries({ ...WORKING, ...steps }).map(([name, step]) => [
      functionResource(name),
      { name, step },
    ]),
  );
  const tasks = platformTasks({
    machines: openStateMachines(),
    invoke: async (resource, payload) => {
      const called = byResource.get(resource);
      if (called === undefined) throw new RangeError(resource);
      calls.push([called.name, payload as Record<string, unknown>]);
      return called.step(payload as Record<string, unknown>);
    },
  });
  const started = await openStateMachines().start(machine.resource, 'one', '{"date":"2026-01-05"}');
  if (started.status === 'FAILED') await openStateMachines().redrive(machine.resource, 'one');
  await runnerOf(machine, tasks).idle();
  return ended(machine, 'one');
}

const failing = (name: string) => () => {
  throw Object.assign(new Error('so it was'), { name });
};
const told = () =>
  calls.filter(([name]) => name === 'clv-training-tell').map(([, payload]) => payload);

test('every step after the other, and people are told of the version', async () => {
  const ran = await run({});
  expect(ran.status).toBe('SUCCEEDED');
  expect(statesOf(ran)).toEqual([...DONE, 'TellRegistered', 'Registered']);
  expect(calls.find(([name]) => name === 'clv-gather')?.[1]).toEqual({ plan: PLAN, chunk: 0 });
  expect(told()).toEqual([{ plan: PLAN, verdict: VERDICT }]);
});

test.each([
  ['clv-training-plan', 'ExecutionConflict', undefined],
  ['clv-gather', 'InvalidPublication', PLAN],
  ['clv-training-train', 'NotEnoughData', PLAN],
  ['clv-training-register', 'WriteConflict', PLAN],
])('%s fails: nothing after it, and people are told why', async (step, name, plan) => {
  const ran = await run({ [step]: failing(name) });
  expect(statesOf(ran).slice(-2)).toEqual(['TellFailure', 'Failed']);
  expect(new Set(calls.map(([called]) => called)).has('clv-training-register')).toBe(
    step === 'clv-training-register',
  );
  const [notice] = told() as [{ plan?: object; failure: { Error: string } }];
  expect([notice.failure.Error, notice.plan]).toEqual([name, plan]);
  expect(ran.history.findLast(({ error }) => error !== null)?.error).toBe(name);
});

test('a version that nobody could be told of is a failure of its own', async () => {
  const ran = await run({ 'clv-training-tell': failing('InvalidEnvironment') });
  expect(statesOf(ran)).toEqual([...DONE, 'TellRegistered', 'NotTold']);
});

test('a failure that nobody could be told of keeps its own name', async () => {
  const steps = { 'clv-training-tell': failing('InvalidEnvironment') };
  const ran = await run({ ...steps, 'clv-training-train': failing('NotEnoughData') });
  expect(ran.history.findLast(({ error }) => error !== null)?.error).toBe('NotEnoughData');
});

test('a run that failed goes on when it is redriven', async () => {
  expect((await run({ 'clv-training-train': failing('RangeError') })).status).toBe('FAILED');
  expect((await run({})).status).toBe('SUCCEEDED');
});

test.each([
  ['clv-training-train', TRAINING],
  ['clv-gather', TRAINING],
  ['clv-gather', SCORING],
])('where %s of a run takes too long, the run ends', async (step, machine) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const hanging = Promise.withResolvers<void>();
  const done = run({ [step]: () => hanging.promise }, machine);
  while (!calls.some(([name]) => name === step)) await setImmediate();
  await vi.advanceTimersByTimeAsync(931_000);
  hanging.resolve(); // the runner waits for what still works, to end clean
  const ran = await done;
  expect(statesOf(ran).slice(-2)).toEqual(['TellFailure', 'Failed']);
  expect(ran.history.findLast(({ error }) => error !== null)?.error).toBe('States.Timeout');
});
