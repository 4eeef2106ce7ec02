import { ModelDigestMismatch, ModelNotFound, NotEnoughData } from '../../errors.ts';
import type { Clock, ObjectReader, ObjectStore, OnlineStore } from '../../ports.ts';
import { type ClvModel, readClvModel } from '../clv-model.ts';
import { modelFileKey } from '../model-folder.ts';
import { readRouting } from '../publish-model.ts';
import { ORDER_FOLDERS } from './gathered-orders.ts';
import { readCurrent } from './publication.ts';
import { chunksKey } from './publication-keys.ts';
import {
  asOfDay,
  previousOf,
  runOf,
  type ScoringPlan,
  type ScoringRequest,
} from './scoring-plan.ts';

const MODEL = 'clv';
/** Firehose closes an object at some 64 MB: so many are read by a function in minutes. */
const OBJECTS_A_CHUNK = 32;

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
  const chunks = await orderChunks(deps.lake);
  if (chunks.length === 0)
    throw new NotEnoughData(
      `the lake has no orders under ${ORDER_FOLDERS.join(' or ')}: import some first`,
    );
  await deps.lake.put(chunksKey(run), new TextEncoder().encode(JSON.stringify(chunks)));
  return {
    run_id: run,
    as_of: asOf,
    model_version: version,
    horizon_days: document.horizon_days,
    scorer: request.scorer,
    chunks: chunks.length,
    parts: request.parts,
    previous,
    accepted_shift: request.accept_shift ?? null,
  };
}

async function orderChunks(lake: ObjectStore): Promise<readonly (readonly string[])[]> {
  for (const folder of ORDER_FOLDERS) {
    const chunks: string[][] = [];
    for await (const key of lake.list(folder)) {
      const last = chunks.at(-1);
      if (last === undefined || last.length === OBJECTS_A_CHUNK) chunks.push([key]);
      else last.push(key);
    }
    if (chunks.length > 0) return chunks;
  }
  return [];
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
