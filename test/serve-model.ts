import { type ModelFolder, modelFileKey } from '../shared/domain/model-folder.ts';
import { routingKey } from '../shared/domain/routing.ts';
import { openObjectStore } from '../shared/embedded/object-store.ts';
import { openOnlineStore } from '../shared/embedded/online-store.ts';
import { routingTo } from './routing-to.ts';

/** Puts a version's files into this process's data directory and routes every score to it. */
export async function serveModel(model: ModelFolder & { readonly version: string }): Promise<void> {
  const files = openObjectStore('ModelsBucket');
  for (const file of ['manifest', 'model', 'card', 'forest'] as const) {
    const bytes = model[file];
    if (bytes !== undefined)
      await files.put(modelFileKey('propensity', model.version, file), bytes);
  }
  await openOnlineStore('OnlineTable').write({
    key: routingKey('propensity'),
    version: 1,
    state: JSON.stringify(routingTo(model.version)),
  });
}
