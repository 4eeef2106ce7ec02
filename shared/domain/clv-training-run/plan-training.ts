import { ExecutionConflict, InvalidRequest } from '../../errors.ts';
import type { Clock, ObjectReader, ObjectStore, OnlineStore } from '../../ports.ts';
import { planChunks } from '../clv-publication/gathering-chunks.ts';
import { openClvVersion } from '../clv-publication/plan-scoring.ts';
import { CLV_MODEL } from '../clv-training.ts';
import { readRouting } from '../publish-model.ts';
import { RunFolder } from '../training-run/run-folder.ts';
import {
  type ClvTrainingPlan,
  type ClvTrainingRequest,
  clvTrainingPlan,
  clvTrainingRun,
} from './training-plan.ts';

const PLAN = 'plan.json';
const HORIZON_DAYS = 365;
/** What a request names and a run cannot change. */
const PARAMETERS = ['parts', 'most_customers', 'seed'] as const;

/**
 * Settles what a run trains on: the day, the horizon, the objects that hold orders. Begun again, it is
 * the same run.
 * @throws NotEnoughData where the lake has no orders; InvalidRequest for a day to come;
 *   ExecutionConflict where the run was begun with other parameters; ModelNotFound,
 *   ModelDigestMismatch where the version that serves is not whole
 */
export async function planTraining(
  request: ClvTrainingRequest,
  deps: {
    readonly models: ObjectReader;
    readonly store: OnlineStore;
    readonly lake: ObjectStore;
    readonly clock: Clock;
    readonly codeVersion: string;
  },
): Promise<ClvTrainingPlan> {
  const now = new Date(deps.clock.now()).toISOString();
  const date = request.date ?? now.slice(0, 10);
  if (date > now)
    throw new InvalidRequest(
      `date ${date} has not begun: orders until then would be missing`,
      'date',
    );
  const run = clvTrainingRun({ ...request, date });
  const folder = new RunFolder(deps.lake, run);
  const begun = await folder.document(PLAN, clvTrainingPlan);
  if (begun !== null) return sameRun(begun, request);
  const champion = (await readRouting(CLV_MODEL, deps.store))?.champion ?? null;
  const serving = champion === null ? null : await openClvVersion(champion, deps.models);
  const { parts, most_customers, seed, why } = request;
  const plan: ClvTrainingPlan = {
    run_id: run,
    date,
    horizon_days: request.horizon_days ?? serving?.document.horizon_days ?? HORIZON_DAYS,
    chunks: await planChunks(run, deps.lake),
    ...{ parts, most_customers, seed, why, champion },
    code_version: deps.codeVersion,
    began_at: now,
  };
  await folder.putDocument(PLAN, plan);
  return plan;
}

function sameRun(begun: ClvTrainingPlan, request: ClvTrainingRequest): ClvTrainingPlan {
  const horizon = request.horizon_days ?? begun.horizon_days;
  const differs = PARAMETERS.some((name) => begun[name] !== request[name]);
  if (!differs && horizon === begun.horizon_days) return begun;
  const { horizon_days, parts, most_customers, seed } = begun;
  throw new ExecutionConflict(
    `${begun.run_id} was begun with ${JSON.stringify({ horizon_days, parts, most_customers, seed })}: give the run another cause, or the same parameters`,
  );
}
