import type { ObjectStore } from '../../ports.ts';
import { validationReport } from '../../schemas/expectation-report.ts';
import {
  type TrainingRun,
  type TrainingSet,
  type TrainingVerdict,
  trainingSet,
  trainingVerdict,
} from '../../schemas/training-run.ts';
import type { Champion } from '../champion.ts';
import { LAKE_QUERY } from '../lake-query.ts';
import { acceptReport, reportBytes, requireFit, validateEvents } from '../lake-validation.ts';
import type { ModelFolder } from '../model-folder.ts';
import { fitPropensity, judgePropensity, type TrainedKinds } from '../propensity-training.ts';
import { type ModelStores, registerModel } from '../publish-model.ts';
import type { Hyperparameters } from '../sagemaker/hyperparameters.ts';
import { jobName, LONGEST_NAME } from '../sagemaker/job-name.ts';
import type { ReportedMetric } from '../sagemaker/reported-metrics.ts';
import type { ServedState } from '../serving-sample.ts';
import { type WindowRules, windowRules } from '../training-window.ts';
import { buildSet, endOfSet } from './build-set.ts';
import { adoptHosted, hostedTraining } from './hosted-trees.ts';
import { readJson, writeJson } from './json-bytes.ts';
import { RunFolder } from './run-folder.ts';
import { readRows, writeRows } from './stored-rows.ts';

const NAME = 'propensity';

export interface ValidatedRun {
  readonly verdict: 'pass' | 'warn';
  /** Names of the expectations that warn. */
  readonly warnings: readonly string[];
}

/**
 * Judges the events of the run.
 * @throws DataHalted, NotEnoughData
 */
export async function validateRun(run: TrainingRun, lake: ObjectStore): Promise<ValidatedRun> {
  const folder = new RunFolder(lake, run.run_id);
  let report = await folder.document('validation.json', validationReport);
  if (report === null) {
    report = await validateEvents(lake, {
      range: { from: null, to: run.to },
      now: Date.parse(run.to),
      report: () => undefined,
    });
    // A set that halts is judged anew when the run is started again: the data may be mended.
    requireFit(report);
    await folder.put('validation.json', reportBytes(report));
  }
  const warnings = report.findings.filter(({ verdict }) => verdict === 'warn');
  return {
    verdict: warnings.length === 0 ? 'pass' : 'warn',
    warnings: warnings.map(({ name }) => name),
  };
}

/**
 * Builds the point-in-time training set.
 * @throws NotEnoughData, UnreadableInput, FutureInformation
 */
export async function buildRunSet(
  run: TrainingRun,
  timeZone: string,
  lake: ObjectStore,
): Promise<TrainingSet> {
  const folder = new RunFolder(lake, run.run_id);
  const done = await folder.document('set.json', trainingSet);
  if (done !== null) return done;
  const { rows, states, set } = await buildSet(lake, {
    from: run.from === null ? null : Date.parse(run.from),
    to: Date.parse(run.to),
    seed: run.seed,
    timeZone,
  });
  await folder.put('rows.bin', writeRows(rows));
  await folder.put('states.json', writeJson(states));
  await folder.putDocument('set.json', set);
  return set;
}

/**
 * Fits the models of the run.
 * @throws NotEnoughData, EveryTrialFailed
 */
export async function fitRun(run: TrainingRun, lake: ObjectStore): Promise<void> {
  const folder = new RunFolder(lake, run.run_id);
  if ((await folder.bytes('models.json')) !== null) return;
  const rows = readRows(await folder.required('rows.bin'));
  const models = await fitPropensity(rows, run.seed, {
    window: windowOf(run),
    search: run.trainer === 'search' ? { trials: run.trials } : undefined,
  });
  await folder.put('models.json', writeJson(models));
}

/** A job to be run; null where the run has its models. */
export interface HostedJob {
  readonly name: string;
  readonly hyperparameters: Hyperparameters;
  /** Of a tuning job: those that no trial changes. */
  readonly fixed: Hyperparameters;
  readonly train: string;
  readonly validation: string;
  readonly output: string;
}

/** Drawn by each trial: state-machines/training.asl.json has their ranges. */
const TUNED = ['eta', 'max_depth', 'min_child_weight', 'subsample', 'num_round'];

/**
 * Writes what a job of SageMaker is given.
 * @param bucket name of the lake's
 * @throws NotEnoughData
 */
export async function prepareJob(
  run: TrainingRun,
  bucket: string,
  lake: ObjectStore,
): Promise<HostedJob | null> {
  const folder = new RunFolder(lake, run.run_id);
  if ((await folder.bytes('models.json')) !== null) return null;
  const rows = readRows(await folder.required('rows.bin'));
  const { train, validation, hyperparameters } = hostedTraining(rows, run.seed, windowOf(run));
  const uri = (file: string) => `s3://${bucket}/${folder.key(file)}`;
  await folder.put('train/rows.csv', Buffer.from(train));
  await folder.put('validation/rows.csv', Buffer.from(validation));
  return {
    // Redrives number their own jobs.
    name: jobName([run.run_id], LONGEST_NAME.tuning - 4),
    hyperparameters,
    fixed: Object.fromEntries(
      Object.entries(hyperparameters).filter(([name]) => !TUNED.includes(name)),
    ),
    train: uri('train/'),
    validation: uri('validation/'),
    output: uri('jobs'),
  };
}

/**
 * Takes over what a job has left, once it has proved to predict as the job reported.
 * @param artifact `s3://bucket/key` in the lake
 * @throws MalformedArtifact, PredictionsDiffer, RunIncomplete
 */
export async function adoptJob(
  run: TrainingRun,
  artifact: string,
  reported: readonly ReportedMetric[],
  lake: ObjectStore,
): Promise<void> {
  const folder = new RunFolder(lake, run.run_id);
  const file = artifact.slice(artifact.indexOf(folder.key('')) + folder.key('').length);
  const rows = readRows(await folder.required('rows.bin'));
  const models = adoptHosted(rows, windowOf(run), await folder.required(file), reported);
  await folder.put('models.json', writeJson(models));
}

/** What judging a run needs besides the run. */
export interface JudgePorts {
  readonly lake: ObjectStore;
  readonly timeZone: string;
  /** The champion that the run began with. */
  readonly champion: () => Promise<Champion | null>;
  /** Milliseconds, from any origin. */
  readonly stopwatch: () => number;
}

type JudgedFolder = ModelFolder & { readonly version: string };

/** Measures the models, runs the gates and lays out the version. */
export async function judgeRun(
  run: TrainingRun,
  { lake, timeZone, champion, stopwatch }: JudgePorts,
): Promise<TrainingVerdict> {
  const folder = new RunFolder(lake, run.run_id);
  const done = await folder.document('verdict.json', trainingVerdict);
  if (done !== null) return done;
  const set = await folder.requiredDocument('set.json', trainingSet);
  const rows = readRows(await folder.required('rows.bin'));
  const judged = judgePropensity(
    rows,
    {
      runDate: run.date,
      seed: run.seed,
      dataDigests: [set.digest],
      codeVersion: run.code_version,
      timeZone,
      window: windowOf(run),
      replay: { query: LAKE_QUERY, events: set.events, snapshots: set.snapshots },
    },
    run.model,
    readJson<TrainedKinds>(await folder.required('models.json')),
    {
      champion: await champion(),
      states: readJson<ServedState[]>(await folder.required('states.json')),
      range: {
        from: run.from === null ? null : new Date(run.from).toISOString(),
        to: endOfSet(set, Date.parse(run.to)),
      },
      stopwatch,
    },
  );
  const metrics = judged.evaluation.models.get(run.model);
  const verdict: TrainingVerdict = {
    version: judged.folder.version,
    status: judged.blocking.length === 0 ? 'candidate' : 'rejected',
    blocking: judged.blocking.map(({ name, verdict, rule }) => ({ name, verdict, rule })),
    undecided: judged.gated.gates
      .filter(({ verdict }) => verdict === 'not-enough-data')
      .map(({ name }) => name),
    auc: metrics?.['auc_weighted']?.value ?? null,
    average_precision: metrics?.['average_precision_weighted']?.value ?? null,
  };
  await folder.put('version.json', writeJson(judged.folder));
  await folder.putDocument('verdict.json', verdict);
  return verdict;
}

function windowOf({ from, window_days, group_users }: TrainingRun): WindowRules | undefined {
  return windowRules(window_days, group_users, from !== null);
}

/**
 * Puts the version into the registry, which is the commit, and makes its data the ones that later
 * data are compared with.
 */
export async function registerRun(
  run: TrainingRun,
  lake: ObjectStore,
  stores: ModelStores,
): Promise<void> {
  const folder = new RunFolder(lake, run.run_id);
  const verdict = await folder.requiredDocument('verdict.json', trainingVerdict);
  const set = await folder.requiredDocument('set.json', trainingSet);
  const version = readJson<JudgedFolder>(await folder.required('version.json'));
  const reason = verdict.blocking.map((gate) => `${gate.name}: ${gate.verdict}`).join(', ');
  await registerModel(
    NAME,
    version,
    {
      registeredAt: run.began_at,
      registeredBy: `machine training, run ${run.run_id}: ${run.why}`,
      ...(reason !== '' && { reason }),
    },
    stores,
  );
  await acceptReport(lake, set.digest, await folder.required('validation.json'));
}
