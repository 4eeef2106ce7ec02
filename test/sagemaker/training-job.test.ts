import { describe, expect, test } from 'vitest';
import {
  createTrainingJob,
  type TrainingJobDescription,
} from '../../local/machines/sagemaker-training.ts';
import { toHyperparameters } from '../../shared/domain/sagemaker/hyperparameters.ts';
import { jobName } from '../../shared/domain/sagemaker/job-name.ts';
import { forestOfArtifact } from '../../shared/domain/sagemaker/model-artifact.ts';
import { requireReportedMetric } from '../../shared/domain/sagemaker/reported-metrics.ts';
import {
  writeCsvChannel,
  writeLibsvmChannel,
} from '../../shared/domain/sagemaker/training-channel.ts';
import { trainingJobRequest } from '../../shared/domain/sagemaker/training-job.ts';
import { type TrainingData, trainForest } from '../../shared/trees/train.ts';
import { writeXgboostContainer } from '../../shared/trees/write-xgboost-container.ts';
import { writeXgboostUbjson } from '../../shared/trees/write-xgboost-ubjson.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { trainingRows } from '../trees/training-rows.ts';
import { DATA, get, NEVER, PLACEMENT, put, refusal } from './stand-in.ts';

freshDataDirectory();

/** As the container sees them: no names, no categories. */
function plain({ columns, labels, weights }: TrainingData): TrainingData {
  const featureNames = columns.map((_, index) => `f${index}`);
  return { columns, labels, ...(weights === undefined ? {} : { weights }), featureNames };
}

const weights = Float32Array.from({ length: 600 }, (_, row) => 1 / (1 + (row % 7)));
const train = plain({ ...trainingRows(600), weights });
const validation = plain({ ...trainingRows(600, { seed: 2 }), weights });
const parameters = {
  objective: 'binary:logistic',
  trees: 60,
  maxDepth: 4,
  learningRate: 0.2,
  monotone: [1, -1, 0, 0, 0],
  subsample: 0.7,
  columnSample: 0.8,
  seed: 11,
  earlyStoppingRounds: 5,
} as const;

async function channels(): Promise<void> {
  const lines = writeCsvChannel(train).split('\n');
  await put(`${DATA.train}part-0.csv`, `${lines.slice(0, 250).join('\n')}\n`);
  await put(`${DATA.train}part-1.csv`, lines.slice(250).join('\n'));
  await put(`${DATA.train}_SUCCESS`, '');
  await put(`${DATA.validation}all.csv`, writeCsvChannel(validation));
}

const request = (name: string, changes: Record<string, string> = {}) =>
  trainingJobRequest(name, { ...toHyperparameters(parameters, true), ...changes }, DATA, PLACEMENT);

const run = (input: unknown) => createTrainingJob(input, NEVER) as Promise<TrainingJobDescription>;

test('trains the forest that direct training gives, to the bit', async () => {
  await channels();
  const job = await run(request('same-forest'));
  expect(job).toMatchObject({
    TrainingJobName: 'same-forest',
    TrainingJobStatus: 'Completed',
    SecondaryStatus: 'Completed',
    TrainingJobArn: expect.stringMatching(/^arn:aws:sagemaker:.*:training-job\/same-forest$/),
    ModelArtifacts: { S3ModelArtifacts: 's3://ModelsBucket/jobs/same-forest/output/model.tar.gz' },
    HyperParameters: { num_round: '60', csv_weights: '1' },
  });
  const artifact = await get('s3://ModelsBucket/jobs/same-forest/output/model.tar.gz');
  const { forest } = await trainForest(train, parameters, { validation });
  expect(artifact.equals(writeXgboostContainer(writeXgboostUbjson(forest)))).toBe(true);
  const converted = forestOfArtifact(artifact, train.columns.length);
  expect(converted).toEqual(forest);
  expect(job.FinalMetricDataList.map(({ MetricName }) => MetricName)).toEqual([
    'train:auc',
    'train:logloss',
    'validation:auc',
    'validation:logloss',
  ]);
  for (const metric of job.FinalMetricDataList)
    requireReportedMetric(
      converted,
      metric.MetricName.replace(/:.*/, ''),
      metric.MetricName.startsWith('train') ? train : validation,
      metric,
    );
});

test('LIBSVM channels give the same bytes as CSV', async () => {
  await channels();
  const libsvm = {
    ...DATA,
    train: 's3://LakeBucket/svm/train',
    validation: 's3://LakeBucket/svm/validation',
    contentType: 'text/libsvm',
  };
  await put(`${libsvm.train}/rows`, writeLibsvmChannel(train));
  await put(`${libsvm.validation}/rows`, writeLibsvmChannel(validation));
  const { csv_weights: _, ...hyperparameters } = toHyperparameters(parameters, true);
  await run(trainingJobRequest('by-libsvm', hyperparameters, libsvm, PLACEMENT));
  await run(request('by-csv'));
  const [one, other] = await Promise.all([
    get('s3://ModelsBucket/jobs/by-libsvm/output/model.tar.gz'),
    get('s3://ModelsBucket/jobs/by-csv/output/model.tar.gz'),
  ]);
  expect(one.equals(other)).toBe(true);
});

test('a name is used once: the same request is the same job, another is refused', async () => {
  await channels();
  const first = await run(request('once'));
  await put(`${DATA.train}part-0.csv`, '0,1,1,1,1,1,1\n');
  expect(await run(request('once'))).toEqual(first);
  expect(await refusal(run(request('once', { eta: '0.1' })))).toMatchObject({
    name: 'SageMaker.ResourceInUseException',
    message: expect.stringContaining('training-job once'),
  });
});

describe('a job that cannot train fails with its reason, and again when it is asked again', () => {
  const rows = (label: (row: number) => string) =>
    Array.from({ length: 20 }, (_, row) => `${label(row)},1,${row},1,1,1,1\n`).join('');
  test.each<[string, () => Promise<void>, Record<string, string>, RegExp]>([
    [
      'one class',
      () =>
        put(
          `${DATA.train}part-0.csv`,
          rows(() => '1'),
        ),
      {},
      /^AlgorithmError: .*tell apart/,
    ],
    [
      'a label out of range',
      () => put(`${DATA.train}part-0.csv`, rows(String)),
      {},
      /^AlgorithmError: labels, row 2: 2/,
    ],
    [
      'monotone for other columns',
      () =>
        put(
          `${DATA.train}part-0.csv`,
          rows((row) => String(row % 2)),
        ),
      { monotone_constraints: '(1,1)' },
      /^AlgorithmError: 2 monotone/,
    ],
    [
      'a header',
      () => put(`${DATA.train}part-0.csv`, `label,w,a,b,c,d,e\n${rows(() => '1')}`),
      {},
      /^ClientError: .*header/,
    ],
    ['an unknown hyperparameter', async () => {}, { rate_drop: '0.5' }, /^ClientError: rate_drop/],
    [
      'a metric that is not computed',
      () =>
        put(
          `${DATA.train}part-0.csv`,
          rows((row) => String(row % 2)),
        ),
      { eval_metric: 'aucpr,logloss', monotone_constraints: '(0,0,0,0,0)' },
      /^AlgorithmError: eval_metric aucpr/,
    ],
  ])('%s', async (title, prepare, changes, reason) => {
    await channels();
    await put(`${DATA.train}part-1.csv`, '\n');
    await prepare();
    const input = request(jobName(['fails', title]), changes);
    const failure = await refusal(run(input));
    expect(failure.name).toBe('States.TaskFailed');
    const description: TrainingJobDescription = JSON.parse(failure.message);
    expect(description).toMatchObject({ TrainingJobStatus: 'Failed', SecondaryStatus: 'Failed' });
    expect(description.FailureReason).toMatch(reason);
    expect(description.ModelArtifacts).toBeUndefined();
    expect((await refusal(run(input))).message).toBe(failure.message);
  });

  test('an empty channel', async () => {
    const input = trainingJobRequest(
      'no-data',
      toHyperparameters(parameters, false),
      { ...DATA, train: 's3://LakeBucket/nowhere/' },
      PLACEMENT,
    );
    expect(JSON.parse((await refusal(run(input))).message).FailureReason).toMatch(
      /^ClientError: no object below s3:\/\/LakeBucket\/nowhere\//,
    );
  });
});

test.each<[string, (valid: ReturnType<typeof request>) => unknown]>([
  ['no request at all', () => null],
  ['a name with an underscore', (valid) => ({ ...valid, TrainingJobName: 'a_b' })],
  ['a name of 64', (valid) => ({ ...valid, TrainingJobName: 'a'.repeat(64) })],
  ['a field that the service does not know', (valid) => ({ ...valid, Epochs: 3 })],
  [
    'a hyperparameter that is no text',
    (valid) => ({ ...valid, HyperParameters: { num_round: 3 } }),
  ],
  ['no place for the artifact', ({ OutputDataConfig: _, ...valid }) => valid],
])('the service’s validation: %s', async (_, change) => {
  expect(await refusal(run(change(request('invalid'))))).toMatchObject({
    name: 'SageMaker.AmazonSageMakerException',
    message: expect.stringContaining('ValidationException'),
  });
});

test('a job that is cut off leaves nothing, and trains when it is asked again', async () => {
  await channels();
  const stop = new AbortController();
  stop.abort(new Error('the platform stops'));
  const input = request('cut-off');
  expect((await refusal(createTrainingJob(input, stop.signal))).message).toBe('the platform stops');
  await expect(get('s3://ModelsBucket/jobs/cut-off/output/model.tar.gz')).rejects.toThrow(
    'no object',
  );
  expect((await run(input)).TrainingJobStatus).toBe('Completed');
});

test('names: derived, within the limit, apart', () => {
  expect(jobName(['training', '2026-11-21', '1'])).toBe('training-2026-11-21-1');
  const long = 'training-of-a-shop-with-a-very-long-execution-name-that-goes-on';
  expect(jobName([long, '1'])).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
  expect(jobName([long, '1'])).not.toBe(jobName([long, '2']));
  expect(jobName(['a_b', 'c'])).not.toBe(jobName(['a-b', 'c']));
  expect(jobName(['tuning', long], 32)).toHaveLength(32);
});
