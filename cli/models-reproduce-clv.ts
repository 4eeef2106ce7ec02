import { readClvModel } from '../shared/domain/clv-model.ts';
import { type ModelFolder, verifyFolder } from '../shared/domain/model-folder.ts';
import type { ModelStores } from '../shared/domain/publish-model.ts';
import { InvalidRequest, Usage } from '../shared/errors.ts';
import { LAKE, sourceName } from './clv-orders.ts';
import { trainClvOn } from './clv-training-run.ts';

/**
 * Trains a version of customers' values again from what it records.
 * @param named its orders as `--orders` has them: a version knows the files' content, not their place
 * @param now epoch milliseconds
 * @throws InvalidRequest for a version that does not say how it was trained; Usage
 */
export async function reproduceClv(
  folder: ModelFolder,
  named: string | undefined,
  now: number,
  stores: ModelStores,
  report: (text: string) => void,
): Promise<ModelFolder & { readonly version: string }> {
  const { version, lineage, training } = verifyFolder(folder);
  const { document } = readClvModel(folder);
  const { orders, seed } = training.parameters;
  if (lineage === undefined || typeof orders !== 'string' || typeof seed !== 'number')
    throw new InvalidRequest(
      `clv ${version} does not record where its orders are from: only versions that foresight clv train has made can be reproduced`,
    );
  const source = named ?? orders;
  if (source !== LAKE && named === undefined)
    throw new Usage(
      `clv ${version} learned from files: name them again, --orders ${orders}:file[,file…]`,
    );
  if (sourceName(source) !== orders)
    throw new Usage(`clv ${version} learned from ${orders}, --orders names ${source}`);
  const { trained } = await trainClvOn(
    {
      source,
      asOf: lineage.to.slice(0, 'YYYY-MM-DD'.length),
      activity: document.activity === true,
      before: source === LAKE ? document.as_of : now,
      champion: lineage.champion,
      horizonDays: document.horizon_days,
      seed,
      runDate: version.slice(0, 'YYYY-MM-DD'.length),
    },
    stores,
    report,
  );
  return trained.folder;
}
