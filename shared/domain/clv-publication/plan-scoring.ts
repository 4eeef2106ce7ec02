import { ModelDigestMismatch, ModelNotFound } from '../../errors.ts';
import type { Clock, ObjectReader, ObjectStore, OnlineStore } from '../../ports.ts';
import { ACTIVITY_DAYS } from '../clv-features.ts';
import { type ClvModel, readClvModel } from '../clv-model.ts';
import { modelFileKey } from '../model-folder.ts';
import { DAY_MS } from '../orders/customer-as-of.ts';
import { readRouting } from '../publish-model.ts';
import { planChunks } from './gathering-chunks.ts';
import { readCurrent } from './publication.ts';
import { midnightOf } from './score-part.ts';
import {
  asOfDay,
  previousOf,
  runOf,
  type ScoringPlan,
  type ScoringRequest,
} from './scoring-plan.ts';

const MODEL = 'clv';

/**
 * Settles what a run scores: the day, the model that serves, the objects that hold orders.
 * @throws ModelNotFound where no `clv` version is promoted; NotEnoughData where the lake has no
 *   orders; InvalidRequest, StaleSnapshot
 */
export async function planScoring(
  request: ScoringRequest,
  deps: {
    readonly models: ObjectReader;
    readonly store: OnlineStore;
    readonly lake: ObjectStore;
    readonly clock: Clock;
  },
): Promise<ScoringPlan> {
  const asOf = asOfDay(request, deps.clock.now());
  const version = (await readRouting(MODEL, deps.store))?.champion ?? null;
  if (version === null)
    throw new ModelNotFound(
      'no clv model serves: train one (foresight clv train) and promote it (foresight models promote clv <version>)',
    );
  const { document } = await openClvVersion(version, deps.models);
  const previous = previousOf(asOf, await readCurrent(deps.lake));
  const run = runOf(asOf);
  return {
    run_id: run,
    as_of: asOf,
    model_version: version,
    horizon_days: document.horizon_days,
    scorer: request.scorer,
    chunks: await planChunks(
      run,
      deps.lake,
      document.activity ? activitySince(midnightOf(asOf)) : null,
    ),
    parts: request.parts,
    previous,
    accepted_shift: request.accept_shift ?? null,
  };
}

/** Features count 90 days back; an event is received on its own day or later, a clock may be a day off. */
function activitySince(at: number): string {
  return new Date(at - (ACTIVITY_DAYS + 1) * DAY_MS).toISOString().slice(0, 10);
}

/**
 * The version names the digest of its content, so nothing else has to be asked whether it is whole.
 * @throws ModelNotFound, ModelDigestMismatch, UnusableModel
 */
export async function openClvVersion(version: string, models: ObjectReader): Promise<ClvModel> {
  const read = async (file: 'manifest' | 'model') => {
    const key = modelFileKey(MODEL, version, file);
    const bytes = await models.get(key);
    if (bytes === null) throw new ModelNotFound(`${key} is not there: train and register again`);
    return bytes;
  };
  const model = readClvModel({ manifest: await read('manifest'), model: await read('model') });
  if (model.version !== version)
    throw new ModelDigestMismatch(`the files of ${MODEL} ${version} are those of ${model.version}`);
  return model;
}
