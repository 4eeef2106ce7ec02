import type { ObjectReader, ObjectStore } from '../../ports.ts';
import { openClvVersion } from '../clv-publication/plan-scoring.ts';
import { midnightOf } from '../clv-publication/score-part.ts';
import { CLV_MODEL, type TrainedClv, trainClv } from '../clv-training.ts';
import { type ModelStores, registerModel } from '../publish-model.ts';
import { readJson, writeJson } from '../training-run/json-bytes.ts';
import { RunFolder } from '../training-run/run-folder.ts';
import { trainingBook } from './training-book.ts';
import {
  type ClvTrainingPlan,
  type ClvTrainingVerdict,
  clvTrainingVerdict,
} from './training-plan.ts';

const VERSION = 'version.json';
const VERDICT = 'verdict.json';

/**
 * Trains the version of a run and puts it through its gates; what is done is not done again.
 * @throws NotEnoughData, ModelNotFound, ModelDigestMismatch
 */
export async function trainRun(
  plan: ClvTrainingPlan,
  lake: ObjectStore,
  models: ObjectReader,
): Promise<ClvTrainingVerdict> {
  const folder = new RunFolder(lake, plan.run_id);
  const done = await folder.document(VERDICT, clvTrainingVerdict);
  if (done !== null) return done;
  const { book, base, digest } = await trainingBook(plan, lake);
  const serving = plan.champion === null ? null : await openClvVersion(plan.champion, models);
  const trained = await trainClv(book, {
    at: midnightOf(plan.date),
    horizonDays: plan.horizon_days,
    seed: plan.seed,
    runDate: plan.date,
    codeVersion: plan.code_version,
    dataDigests: [digest],
    ...(base > book.customers.length && { sampledFrom: base }),
    ...(serving && {
      before: { version: serving.version, cutPoints: serving.document.cut_points },
    }),
  });
  const verdict = verdictOf(trained, book.customers.length, base);
  await folder.put(VERSION, writeJson(trained.folder));
  await folder.putDocument(VERDICT, verdict);
  return verdict;
}

function verdictOf(
  { folder, document, evaluation, blocking }: TrainedClv,
  customers: number,
  base: number,
): ClvTrainingVerdict {
  const measured = evaluation?.models.get(document.champion);
  return {
    version: folder.version,
    status: blocking.length === 0 ? 'candidate' : 'rejected',
    blocking: blocking.map(({ name, verdict, rule }) => ({ name, verdict, rule })),
    ...{ customers, base },
    champion: document.champion,
    gini: measured?.gini.value ?? null,
    spearman: measured?.spearman.value ?? null,
  };
}

/**
 * Puts the run's version into the registry, which is the commit. No customer is valued by it until it
 * is promoted.
 * @throws RunIncomplete where nothing was trained
 */
export async function registerRun(
  plan: ClvTrainingPlan,
  lake: ObjectStore,
  stores: ModelStores,
): Promise<void> {
  const folder = new RunFolder(lake, plan.run_id);
  const { blocking } = await folder.requiredDocument(VERDICT, clvTrainingVerdict);
  const reason = blocking.map(({ name, verdict }) => `${name}: ${verdict}`).join(', ');
  await registerModel(
    CLV_MODEL,
    readJson<TrainedClv['folder']>(await folder.required(VERSION)),
    {
      registeredAt: plan.began_at,
      registeredBy: `machine clv-training, run ${plan.run_id}: ${plan.why}`,
      ...(reason !== '' && { reason }),
    },
    stores,
  );
}
