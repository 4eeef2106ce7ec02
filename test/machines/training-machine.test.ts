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
import { ended, type Ran, runnerOf, statesOf } from './run-machine.ts';

/** The real file of the machine; its functions are stood for, so that every branch can be taken. */
const machine = readProjectWiring('dev').machines.find(
  ({ name }) => name === 'training',
) as WiredMachine;

type Step = (payload: Record<string, unknown>) => unknown;
type Steps = Record<string, Step>;

const RUN = { run_id: 'training-2026-11-21', trainer: 'function' };
const WORKING: Steps = {
  'training-begin': () => RUN,
  'training-validate': () => ({ verdict: 'pass', warnings: [] }),
  'training-build-set': () => ({ events: 10, rows: 5, digest: 'd' }),
  'training-fit': () => undefined,
  'training-judge': () => ({ version: 'v1', status: 'candidate' }),
  'training-register': () => undefined,
  'training-tell': () => undefined,
};
const DONE = ['Begin', 'ValidateData', 'BuildSet', 'Fit', 'Judge', 'Register'];

const calls: [string, Record<string, unknown>][] = [];

beforeEach(() => {
  calls.length = 0;
  vi.stubEnv('FORESIGHT_DATA_DIR', mkdtempSync(join(tmpdir(), 'foresight-training-')));
});
afterEach(async () => {
  vi.useRealTimers();
  const { path } = dataDirectory();
  await closeDataDirectory(dataDirectory());
  rmSync(path, { recursive: true });
  vi.unstubAllEnvs();
});

function runner(steps: Steps) {
  const byResource = new Map(
    Object.entries({ ...WORKING, ...steps }).map(([name, step]) => [
      functionResource(name),
      [name, step] as const,
    ]),
  );
  return runnerOf(
    machine,
    platformTasks({
      machines: openStateMachines(),
      invoke: async (resource, payload) => {
        const [name, step] = byResource.get(resource) as readonly [string, Step];
        calls.push([name, payload as Record<string, unknown>]);
        return step(payload as Record<string, unknown>);
      },
    }),
  );
}

async function run(steps: Steps, input = '{}'): Promise<Ran> {
  await openStateMachines().start(machine.resource, 'one', input);
  await runner(steps).idle();
  return ended(machine, 'one');
}

const failing =
  (name: string, message = 'so it was') =>
  () => {
    throw Object.assign(new Error(message), { name });
  };
const called = () => calls.map(([name]) => name);
const told = () => calls.filter(([name]) => name === 'training-tell').map(([, payload]) => payload);

test('every step after the other, and people are told of the version', async () => {
  const ran = await run({}, '{"cause":"drift"}');
  expect(ran.status).toBe('SUCCEEDED');
  expect(statesOf(ran)).toEqual([...DONE, 'TellRegistered', 'Registered']);
  expect(calls[0]).toEqual(['training-begin', { cause: 'drift' }]);
  expect(calls[1]).toEqual(['training-validate', { run: RUN }]);
  expect(told()).toEqual([{ run: RUN, verdict: { version: 'v1', status: 'candidate' } }]);
});

test.each([
  ['training-begin', 'ExecutionConflict'],
  ['training-validate', 'DataHalted'],
  ['training-build-set', 'FutureInformation'],
  ['training-fit', 'NotEnoughData'],
  ['training-judge', 'RunIncomplete'],
  ['training-register', 'WriteConflict'],
])('%s fails: nothing after it, and people are told why', async (step, name) => {
  const ran = await run({ [step]: failing(name) });
  expect(ran.status).toBe('FAILED');
  expect(statesOf(ran).slice(-2)).toEqual(['TellFailure', 'Failed']);
  expect(called().slice(called().indexOf(step))).toEqual([step, 'training-tell']);
  const [notice] = told() as [{ run?: object; failure: { Error: string; Cause: string } }];
  expect(notice.failure.Error).toBe(name);
  expect(JSON.parse(notice.failure.Cause)).toMatchObject({ errorMessage: 'so it was' });
  expect(notice.run).toEqual(step === 'training-begin' ? undefined : RUN);
  expect(ran.history.findLast(({ error }) => error !== null)).toMatchObject({ error: name });
});

test('a store that is back at the third try ends nothing', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let tries = 0;
  const done = run({
    'training-build-set': () => {
      if (++tries < 3) failing('StoreUnavailable')();
      return WORKING['training-build-set']?.({});
    },
  });
  for (const wait of [5000, 10_000]) await passing(wait);
  expect((await done).status).toBe('SUCCEEDED');
  expect(tries).toBe(3);
});

test('retries are exhausted: the run fails with the last error, and people are told', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const done = run({ 'training-fit': failing('StoreUnavailable') });
  for (const wait of [5000, 10_000, 20_000, 40_000]) await passing(wait);
  expect((await done).status).toBe('FAILED');
  expect(called().filter((name) => name === 'training-fit')).toHaveLength(5);
  expect(told()).toMatchObject([{ failure: { Error: 'StoreUnavailable' } }]);
});

test('a step that takes too long ends the run, and people are told', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const hanging = Promise.withResolvers<void>();
  const done = run({ 'training-fit': () => hanging.promise });
  while (!called().includes('training-fit')) await setImmediate();
  await vi.advanceTimersByTimeAsync(931_000);
  hanging.resolve(); // the runner waits for what still works, to end clean
  expect((await done).status).toBe('FAILED');
  expect(told()).toMatchObject([{ failure: { Error: 'States.Timeout' } }]);
});

test('a version that nobody could be told of is a failure of its own', async () => {
  const ran = await run({ 'training-tell': failing('InvalidEnvironment') });
  expect(statesOf(ran)).toEqual([...DONE, 'TellRegistered', 'NotTold']);
  expect(ran.status).toBe('FAILED');
});

test('a failure that nobody could be told of keeps its own name', async () => {
  const ran = await run({
    'training-fit': failing('NotEnoughData'),
    'training-tell': failing('InvalidEnvironment'),
  });
  expect(ran.history.findLast(({ error }) => error !== null)?.error).toBe('NotEnoughData');
});

test('a failed run is redriven from its start', async () => {
  await run({ 'training-fit': failing('NotEnoughData') });
  expect(await openStateMachines().redrive(machine.resource, 'one')).toBe(true);
  await runner({}).idle();
  expect((await ended(machine, 'one')).status).toBe('SUCCEEDED');
  expect(await openStateMachines().redrive(machine.resource, 'one')).toBe(false);
});

/** Lets the time of a retry pass, as soon as the machine waits for it. */
async function passing(milliseconds: number): Promise<void> {
  while (vi.getTimerCount() === 0) await setImmediate();
  await vi.advanceTimersByTimeAsync(milliseconds);
}
