import { beforeAll, expect, test } from 'vitest';
import {
  createTrainingJob,
  type TrainingJobDescription,
} from '../../local/machines/sagemaker-training.ts';
import { modelInputs, PrefixReplay } from '../../shared/domain/prefix-rows.ts';
import { propensitySlices } from '../../shared/domain/propensity-training.ts';
import { trainingJobRequest } from '../../shared/domain/sagemaker/training-job.ts';
import type { TrainedModel } from '../../shared/domain/trained-model.ts';
import { labelsOf } from '../../shared/domain/training-columns.ts';
import { adoptHosted, hostedTraining } from '../../shared/domain/training-run/hosted-trees.ts';
import { columnsOf, trainTrees } from '../../shared/domain/tree-training.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
import { compileForest } from '../../shared/trees/evaluate.ts';
import { readForest } from '../../shared/trees/read-forest.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { shopTraffic } from '../learning/events.ts';
import { DATA, get, NEVER, PLACEMENT, put } from './stand-in.ts';

freshDataDirectory();

const replay = new PrefixReplay(modelInputs(catalogue()), 'UTC');
for (const event of shopTraffic(11, 500, 14)) replay.add(event);
const rows = replay.finish();
const { fit, calibrate, later } = propensitySlices(rows);

/** Of the rows after those that were learned from. */
function laterAuc({ artifact, inputs }: TrainedModel): number {
  const { margin } = compileForest(readForest(artifact.model));
  const { columns } = columnsOf(rows, later, inputs);
  const margins = Array.from(later, (_, at) =>
    margin(columns.map((column) => column[at] as number)),
  );
  return rocAuc(margins, labelsOf(rows, later)) as number;
}

/** What the job of `rows` has left. */
let left: Awaited<ReturnType<typeof throughJob>>;
beforeAll(async () => {
  left = await throughJob();
}, 30_000);

async function throughJob() {
  const { train, validation, hyperparameters } = hostedTraining(rows, 1, undefined);
  await put(`${DATA.train}rows.csv`, train);
  await put(`${DATA.validation}rows.csv`, validation);
  const job = (await createTrainingJob(
    trainingJobRequest('propensity', hyperparameters, DATA, PLACEMENT),
    NEVER,
  )) as TrainingJobDescription;
  const artifact = await get('s3://ModelsBucket/jobs/propensity/output/model.tar.gz');
  return { artifact, metrics: job.FinalMetricDataList };
}

test('a job gives a model about as good as the trainer here', async () => {
  const { artifact, metrics } = left;
  const { trees } = adoptHosted(rows, undefined, artifact, metrics);
  const features = [...rows.features.keys()];
  const here = await trainTrees(rows, { fit, calibrate, features }, 1);
  expect(laterAuc(trees)).toBeGreaterThan(laterAuc(here) - 0.05);
}, 30_000);

test.each([
  ['another loss', 0.01],
  ['no loss at all', null],
])('an artifact whose job reported %s is not used', (_, more) => {
  const { artifact, metrics } = left;
  const reported = metrics
    .filter(({ MetricName }) => more !== null || MetricName !== 'validation:logloss')
    .map((metric) => ({ ...metric, Value: metric.Value + (more ?? 0) }));
  expect(() => adoptHosted(rows, undefined, artifact, reported)).toThrow(
    expect.objectContaining({ name: 'PredictionsDiffer' }),
  );
});
