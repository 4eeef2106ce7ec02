import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { functionResource } from '../../local/functions.ts';
import type { WiredMachine } from '../../local/machines/definition.ts';
import { platformTasks } from '../../local/machines/platform-tasks.ts';
import type { TaskHandler } from '../../local/machines/tasks.ts';
import { readProjectWiring } from '../../local/project.ts';
import { trainingJobSchema } from '../../shared/domain/sagemaker/training-job.ts';
import { tuningJobSchema } from '../../shared/domain/sagemaker/tuning-job.ts';
import { failureNotice } from '../../shared/domain/training-run/notice.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import type { CaughtError } from '../../shared/schemas/training-run.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { ended, type Ran, runnerOf, statesOf } from './run-machine.ts';

/** The real file of the machine; its functions are stood for, so that every branch can be taken. */
const machineOf = (stage: string) =>
  readProjectWiring(stage).machines.find(({ name }) => name === 'training') as WiredMachine;
const machine = machineOf('dev');

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
  'training-prepare-job': () => JOB,
  'training-adopt-job': () => undefined,
};
const JOB = {
  ...{ name: 'training-2026-11-21', hyperparameters: { eta: '0.1' }, fixed: { seed: '1' } },
  ...{ train: 's3://l/train/', validation: 's3://l/validation/', output: 's3://l/jobs' },
};
const TRAIN = 'arn:aws:states:::sagemaker:createTrainingJob.sync';
const TUNE = 'arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync';
const METRIC = { MetricName: 'validation:logloss', Value: 0.4 };
const DONE = ['Begin', 'ValidateData', 'BuildSet', 'ChooseTrainer', 'Fit', 'Judge', 'Register'];

const calls: [string, Record<string, unknown>][] = [];
let runs = 0;

freshDataDirectory();
beforeEach(() => {
  calls.length = 0;
  runs++;
});
afterEach(() => vi.useRealTimers());

/** Of the test: all of them share a data directory. */
const name = () => `run-${runs}`;

function runner(steps: Steps, services: Record<string, TaskHandler> = {}, of = machine) {
  const byResource = new Map(
    Object.entries({ ...WORKING, ...steps }).map(([name, step]) => [
      functionResource(name),
      [name, step] as const,
    ]),
  );
  const platform = platformTasks({
    machines: openStateMachines(),
    invoke: async (resource, payload) => {
      const [name, step] = byResource.get(resource) as readonly [string, Step];
      calls.push([name, payload as Record<string, unknown>]);
      return step(payload as Record<string, unknown>);
    },
  });
  return runnerOf(of, new Map([...platform, ...Object.entries(services)]));
}

async function run(
  steps: Steps,
  input = '{}',
  services: Record<string, TaskHandler> = {},
): Promise<Ran> {
  await openStateMachines().start(machine.resource, name(), input);
  await runner(steps, services).idle();
  return ended(machine, name());
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
  expect(await openStateMachines().redrive(machine.resource, name())).toBe(true);
  await runner({}).idle();
  expect((await ended(machine, name())).status).toBe('SUCCEEDED');
  expect(await openStateMachines().redrive(machine.resource, name())).toBe(false);
});

test('the function itself searches', async () => {
  expect(statesOf(await run(by('search')))).toEqual([...DONE, 'TellRegistered', 'Registered']);
});

const by = (trainer: string): Steps => ({ 'training-begin': () => ({ ...RUN, seed: 3, trainer }) });

test('a training job is asked for as the service takes it, and adopted', async () => {
  const job = vi.fn(async (_request: unknown) => ({
    ModelArtifacts: { S3ModelArtifacts: 's3://l/jobs/j/output/model.tar.gz' },
    FinalMetricDataList: [METRIC],
  }));
  const ran = await run(by('training-job'), '{}', { [TRAIN]: job });
  expect(statesOf(ran).slice(3, 9)).toEqual([
    ...['ChooseTrainer', 'PrepareJob', 'ChooseJob', 'JobTerms', 'ChooseService', 'Train'],
  ]);
  const request = job.mock.calls[0]?.[0];
  expect(trainingJobSchema.parse(request)).toMatchObject({
    TrainingJobName: 'training-2026-11-21-0',
    HyperParameters: { eta: '0.1' },
  });
  expect(calls.find(([name]) => name === 'training-adopt-job')?.[1]).toMatchObject({
    artifact: 's3://l/jobs/j/output/model.tar.gz',
    metrics: [METRIC],
  });
  expect(ran.status).toBe('SUCCEEDED');
});

const SPOT = {
  EnableManagedSpotTraining: true,
  StoppingCondition: { MaxRuntimeInSeconds: 7200, MaxWaitTimeInSeconds: 10_000 },
};
const ON_DEMAND = {
  EnableManagedSpotTraining: false,
  StoppingCondition: { MaxRuntimeInSeconds: 7200 },
};

test.each([
  ['dev', 'ml.m5.xlarge', SPOT],
  ['staging', 'ml.m5.xlarge', SPOT],
  ['prod', 'ml.m5.2xlarge', ON_DEMAND],
])('in %s, jobs run where and as long as its stage says', async (stage, InstanceType, terms) => {
  const staged = machineOf(stage);
  const requests: unknown[] = [];
  const job: TaskHandler = async (request) => {
    requests.push(request);
    throw Object.assign(new Error('{}'), { name: 'States.TaskFailed' });
  };
  for (const trainer of ['training-job', 'tuning-job']) {
    await openStateMachines().start(staged.resource, `${name()}-${trainer}`, '{}');
    await runner(by(trainer), { [TRAIN]: job, [TUNE]: job }, staged).idle();
  }
  const asked = { ...terms, ResourceConfig: { InstanceType, InstanceCount: 1 } };
  const [training, tuning] = requests;
  expect(trainingJobSchema.parse(training)).toMatchObject(asked);
  expect(tuningJobSchema.parse(tuning)).toMatchObject({ TrainingJobDefinition: asked });
});

test('of a tuning job the best trial is adopted', async () => {
  const job = vi.fn(async (_request: unknown) => ({
    BestTrainingJob: {
      TrainingJobName: 'training-1-007-abc',
      FinalHyperParameterTuningJobObjectiveMetric: METRIC,
    },
  }));
  const ran = await run(by('tuning-job'), '{}', { [TUNE]: job });
  expect(tuningJobSchema.parse(job.mock.calls[0]?.[0])).toMatchObject({
    HyperParameterTuningJobConfig: { RandomSeed: 3 },
    TrainingJobDefinition: { StaticHyperParameters: { seed: '1' } },
  });
  expect(calls.find(([name]) => name === 'training-adopt-job')?.[1]).toMatchObject({
    artifact: 's3://l/jobs/training-1-007-abc/output/model.tar.gz',
    metrics: [METRIC],
  });
  expect(ran.status).toBe('SUCCEEDED');
});

test.each([
  ['a training job that fails', 'training-job', TRAIN, 'AlgorithmError: it ran out of memory'],
  ['a tuning job of which every trial fails', 'tuning-job', TUNE, 'All training jobs failed'],
])('%s ends the run, and people are told its reason', async (_case, trainer, service, reason) => {
  const ran = await run(by(trainer), '{}', {
    [service]: async () => failing('States.TaskFailed', `{"FailureReason":"${reason}"}`)(),
  });
  expect(statesOf(ran).slice(-2)).toEqual(['TellFailure', 'Failed']);
  expect(called()).not.toContain('training-adopt-job');
  const [notice] = told() as [{ failure: CaughtError }];
  expect(failureNotice('r', notice.failure)).toMatchObject({
    subject: 'training: the job of SageMaker failed',
    body: expect.stringContaining(reason),
  });
});

test('a run that has its models asks for no job', async () => {
  const ran = await run({ ...by('training-job'), 'training-prepare-job': () => null });
  expect(statesOf(ran).slice(4, 7)).toEqual(['PrepareJob', 'ChooseJob', 'Judge']);
  expect(ran.status).toBe('SUCCEEDED');
});

test('a job of a redriven run has a name of its own: SageMaker runs no name twice', async () => {
  const names: unknown[] = [];
  const job: TaskHandler = async (request) => {
    names.push((request as { TrainingJobName: string }).TrainingJobName);
    throw Object.assign(new Error('{}'), { name: 'States.TaskFailed' });
  };
  await run(by('training-job'), '{}', { [TRAIN]: job });
  await openStateMachines().redrive(machine.resource, name());
  await runner(by('training-job'), { [TRAIN]: job }).idle();
  expect(names).toEqual(['training-2026-11-21-0', 'training-2026-11-21-1']);
});

/** Lets the time of a retry pass, as soon as the machine waits for it. */
async function passing(milliseconds: number): Promise<void> {
  while (vi.getTimerCount() === 0) await setImmediate();
  await vi.advanceTimersByTimeAsync(milliseconds);
}
