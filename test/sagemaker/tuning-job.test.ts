import { describe, expect, test } from 'vitest';
import {
  createHyperParameterTuningJob,
  listTrainingJobsForHyperParameterTuningJob,
} from '../../local/machines/sagemaker-tuning.ts';
import { toHyperparameters } from '../../shared/domain/sagemaker/hyperparameters.ts';
import { writeCsvChannel } from '../../shared/domain/sagemaker/training-channel.ts';
import { type TuningPlan, tuningJobRequest } from '../../shared/domain/sagemaker/tuning-job.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { trainingRows } from '../trees/training-rows.ts';
import { DATA, get, NEVER, PLACEMENT, put, refusal } from './stand-in.ts';

freshDataDirectory();

const PLAN: TuningPlan = {
  ranges: {
    eta: { from: 0.01, to: 0.5, scale: 'log' },
    max_depth: { from: 2, to: 5, scale: 'linear', whole: true },
    min_child_weight: { oneOf: [1, 5, 20] },
  },
  strategy: 'Random',
  seed: 3,
  trials: 4,
  parallel: 1,
  maxSeconds: null,
  metric: 'logloss',
  goal: 'Minimize',
};

const fixed = toHyperparameters({ objective: 'binary:logistic', trees: 8 }, false);

const request = (name: string, changes: Partial<TuningPlan> = {}) =>
  tuningJobRequest(name, fixed, { ...PLAN, ...changes }, DATA, PLACEMENT);

async function channels(labels?: Float32Array): Promise<void> {
  for (const [uri, seed] of [
    [DATA.train, 1],
    [DATA.validation, 2],
  ] as const) {
    const { categorical: _, ...rows } = trainingRows(300, { seed });
    await put(`${uri}rows.csv`, writeCsvChannel({ ...rows, labels: labels ?? rows.labels }));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: descriptions are checked field by field
const run = (input: unknown) => createHyperParameterTuningJob(input, NEVER) as Promise<any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
const trialsOf = async (name: string): Promise<any[]> =>
  (
    (await listTrainingJobsForHyperParameterTuningJob(
      { HyperParameterTuningJobName: name },
      NEVER,
      // biome-ignore lint/suspicious/noExplicitAny: as above
    )) as any
  ).TrainingJobSummaries;

test('every trial is recorded, the best of them is named and left its artifact', async () => {
  await channels();
  const job = await run(request('tune'));
  expect(job).toMatchObject({
    HyperParameterTuningJobStatus: 'Completed',
    TrainingJobStatusCounters: { Completed: 4, NonRetryableError: 0, Stopped: 0 },
    ObjectiveStatusCounters: { Succeeded: 4, Failed: 0 },
  });
  const trials = await trialsOf('tune');
  expect(trials).toHaveLength(4);
  for (const { TunedHyperParameters, TrainingJobName } of trials) {
    expect(Object.keys(TunedHyperParameters).sort()).toEqual([
      'eta',
      'max_depth',
      'min_child_weight',
    ]);
    expect(Number(TunedHyperParameters.eta)).toBeGreaterThanOrEqual(0.01);
    expect(Number(TunedHyperParameters.eta)).toBeLessThanOrEqual(0.5);
    expect(['2', '3', '4', '5']).toContain(TunedHyperParameters.max_depth);
    expect(['1', '5', '20']).toContain(TunedHyperParameters.min_child_weight);
    await get(`s3://ModelsBucket/jobs/${TrainingJobName}/output/model.tar.gz`);
  }
  const losses = trials.map((trial) => trial.FinalHyperParameterTuningJobObjectiveMetric.Value);
  expect(new Set(losses).size).toBe(4);
  expect(job.BestTrainingJob).toEqual(trials[losses.indexOf(Math.min(...losses))]);
});

test('the seed decides; another goal names another trial; the same request is the same job', async () => {
  await channels();
  const drawn = async (name: string) =>
    (await trialsOf(name)).map(({ TunedHyperParameters }) => TunedHyperParameters);
  const first = await run(request('first'));
  await run(request('again'));
  await run(request('other-seed', { seed: 4 }));
  expect(await drawn('again')).toEqual(await drawn('first'));
  expect(await drawn('other-seed')).not.toEqual(await drawn('first'));
  const most = await run(request('most', { goal: 'Maximize' }));
  const losses = (await trialsOf('first')).map(
    (trial) => trial.FinalHyperParameterTuningJobObjectiveMetric.Value,
  );
  expect(most.BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value).toBe(
    Math.max(...losses),
  );
  expect(await run(request('first'))).toEqual(first);
  expect((await refusal(run(request('first', { trials: 5 })))).name).toBe(
    'SageMaker.ResourceInUseException',
  );
});

test('a trial that fails is recorded and does not stop the others', async () => {
  await channels();
  await run(request('some', { ranges: { eta: { oneOf: [0.1, 7] } }, trials: 8 }));
  const trials = await trialsOf('some');
  const failed = trials.filter(({ TrainingJobStatus }) => TrainingJobStatus === 'Failed');
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(8);
  for (const { TunedHyperParameters, FailureReason, ObjectiveStatus } of trials) {
    expect(ObjectiveStatus).toBe(TunedHyperParameters.eta === '7' ? 'Failed' : 'Succeeded');
    if (TunedHyperParameters.eta === '7') expect(FailureReason).toContain('learningRate');
  }
});

test('when every trial fails the job fails and says why', async () => {
  await channels(new Float32Array(300));
  const failure = await refusal(run(request('none')));
  expect(failure.name).toBe('States.TaskFailed');
  expect(JSON.parse(failure.message)).toMatchObject({
    HyperParameterTuningJobStatus: 'Failed',
    FailureReason: expect.stringMatching(/^every one of 4 training jobs failed.*tell apart/),
    TrainingJobStatusCounters: { Completed: 0, NonRetryableError: 4 },
  });
  expect(await trialsOf('none')).toHaveLength(4);
});

test('trials that were finished before a stop are not run again', async () => {
  await channels();
  const stop = new AbortController();
  const whole = await run(request('whole'));
  stop.abort(new Error('the platform stops'));
  await refusal(createHyperParameterTuningJob(request('stopped'), stop.signal));
  const resumed = await run(request('stopped'));
  expect(resumed.BestTrainingJob.TunedHyperParameters).toEqual(
    whole.BestTrainingJob.TunedHyperParameters,
  );
});

describe('refused', () => {
  test.each<[string, () => unknown, string]>([
    [
      'no validation channel',
      () => tuningJobRequest('x', fixed, PLAN, { ...DATA, validation: null }, PLACEMENT),
      'InvalidRequest',
    ],
    [
      'early stopping within a trial',
      () => tuningJobRequest('x', { ...fixed, early_stopping_rounds: '3' }, PLAN, DATA, PLACEMENT),
      'UnsupportedHyperparameter',
    ],
  ])('%s', (_, call, name) => {
    expect(call).toThrow(expect.objectContaining({ name }));
  });

  test.each([
    ['a range the wrong way round', { ranges: { eta: { from: 1, to: 0.1, scale: 'linear' } } }],
    ['a logarithm of 0', { ranges: { eta: { from: 0, to: 1, scale: 'log' } } }],
    ['no trials', { trials: 0 }],
  ] as const)('%s', async (_, changes) => {
    expect((await refusal(run(request('refused', changes)))).name).toBe(
      'SageMaker.AmazonSageMakerException',
    );
  });

  test('trials of a job that nobody started', async () => {
    expect((await refusal(trialsOf('unknown'))).name).toBe('SageMaker.ResourceNotFoundException');
  });
});
