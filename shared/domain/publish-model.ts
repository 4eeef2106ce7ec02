import { ModelDigestMismatch, ModelNotFound, ModelRejected, WriteConflict } from '../errors.ts';
import type { ModelRegistry, ObjectStore, OnlineStore, RegistryEntry } from '../ports.ts';
import type { Routing } from '../schemas/routing.ts';
import type { Champion } from './champion.ts';
import { type ModelFolder, modelFileKey, sha256, verifyFolder } from './model-folder.ts';
import { openModel, type ScoringModel } from './registered-model.ts';
import { parseRouting, routingKey } from './routing.ts';

export interface ModelStores {
  readonly files: ObjectStore;
  readonly registry: ModelRegistry;
}

/**
 * Puts a version's files and then its entry, which is the commit: a crash in between leaves files
 * that nothing refers to. Nothing changes for shoppers; done again, nothing changes at all.
 * @param by its `reason`, where there is one, says why the version is rejected
 * @throws WriteConflict when the version is registered with other content
 */
export async function registerModel(
  name: string,
  folder: ModelFolder & { readonly version: string },
  by: Pick<RegistryEntry, 'registeredAt' | 'registeredBy' | 'reason'>,
  { files, registry }: ModelStores,
): Promise<void> {
  for (const file of ['model', 'forest', 'card', 'evaluation', 'page', 'manifest'] as const) {
    const bytes = folder[file];
    if (bytes !== undefined) await files.put(modelFileKey(name, folder.version, file), bytes);
  }
  await registry.put({
    name,
    version: folder.version,
    status: by.reason === undefined ? 'candidate' : 'rejected',
    manifestDigest: sha256(folder.manifest),
    ...by,
  });
}

export interface RegisteredFolder {
  readonly entry: RegistryEntry;
  readonly folder: ModelFolder;
}

export interface RegisteredVersion extends RegisteredFolder {
  readonly model: ScoringModel;
}

/**
 * Reads a registered version, whatever its status, and checks every byte of it.
 * @throws ModelNotFound, ModelDigestMismatch, UnusableModel
 */
export async function readModel(
  name: string,
  version: string,
  definitions: ReadonlyMap<string, string>,
  stores: ModelStores,
): Promise<RegisteredVersion> {
  const registered = await readFolder(name, version, stores);
  return { ...registered, model: openModel(registered.folder, definitions) };
}

/**
 * The files of a registered version, of whatever kind and status, against what its entry names.
 * @throws ModelNotFound, ModelDigestMismatch
 */
export async function readFolder(
  name: string,
  version: string,
  { files, registry }: ModelStores,
): Promise<RegisteredFolder> {
  const entry = await registry.find(name, version);
  if (entry === null)
    throw new ModelNotFound(
      `${name} ${version} is not registered: foresight models list ${name} names what is`,
    );
  const read = async (file: keyof ModelFolder): Promise<Uint8Array> => {
    const key = modelFileKey(name, version, file);
    const bytes = await files.get(key);
    if (bytes === null)
      throw new ModelNotFound(`${key} is gone: train and register the model again`);
    return bytes;
  };
  const manifest = await read('manifest');
  if (sha256(manifest) !== entry.manifestDigest)
    throw new ModelDigestMismatch(
      `manifest.json of ${name} ${version} is not the one registered: train and register it again`,
    );
  const { files: listed } = verifyFolder({ manifest });
  const [model, card] = await Promise.all([read('model'), read('card')]);
  const folder: ModelFolder = {
    manifest,
    model,
    card,
    ...(listed['forest.bin'] && { forest: await read('forest') }),
    ...(listed['evaluation.json'] && { evaluation: await read('evaluation') }),
    ...(listed['evaluation.html'] && { page: await read('page') }),
  };
  verifyFolder(folder);
  return { entry, folder };
}

/** What `readModel` throws for a version that is not whole, or not of this platform. */
const UNUSABLE = new Set(['ModelDigestMismatch', 'ModelNotFound', 'UnusableModel']);

/** A version to compare with: where it cannot be opened, that is told instead of thrown. */
export async function readChampion(
  name: string,
  version: string,
  definitions: ReadonlyMap<string, string>,
  stores: ModelStores,
): Promise<Champion> {
  try {
    return { version, model: (await readModel(name, version, definitions, stores)).model };
  } catch (error) {
    const { name: kind, message } = error as Error;
    if (!UNUSABLE.has(kind)) throw error;
    return { version, problem: `${kind}: ${message}` };
  }
}

/** @throws ModelRejected for what is no candidate, unless a reason is given */
export function requirePromotable(
  { name, version, status, reason }: RegistryEntry,
  override: string | null,
): void {
  if (status === 'candidate' || override !== null) return;
  throw new ModelRejected(
    `${name} ${version} is ${status}${reason === undefined ? '' : ` (${reason})`}: train a better one, or promote it with --override "<reason>", which is recorded`,
  );
}

/** @returns the routing of a model, or null where none was written: the has-cart rule serves */
export async function readRouting(name: string, store: OnlineStore): Promise<Routing | null> {
  const key = routingKey(name);
  const item = (await store.read([key], { consistent: true })).get(key);
  return item === undefined ? null : parseRouting(item.state);
}

/**
 * Makes a version the champion by one conditional write; the champion before it becomes `previous`.
 * A challenger that is promoted stops being one; another one goes on.
 * @throws WriteConflict when the routing was changed meanwhile: look again before repeating
 */
export async function promoteModel(
  { name, version }: Pick<ScoringModel, 'name' | 'version'>,
  store: OnlineStore,
): Promise<Routing> {
  const key = routingKey(name);
  const item = (await store.read([key], { consistent: true })).get(key);
  const current = item === undefined ? UNROUTED : parseRouting(item.state);
  if (current.champion === version) return { ...current, model: name, champion: version };
  const promoted: Routing = {
    ...current,
    ...(current.challenger === version ? { challenger: null, percent_bp: 0 } : {}),
    shadows: current.shadows.filter((shadow) => shadow !== version),
    model: name,
    champion: version,
    previous: current.champion,
    epoch: current.epoch + 1,
  };
  const outcome = await store.write({
    key,
    version: (item?.version ?? 0) + 1,
    state: JSON.stringify(promoted),
  });
  if (outcome === 'conflict')
    throw new WriteConflict(
      `the routing of ${name} was changed by another writer: see foresight models list ${name} and try again`,
    );
  return promoted;
}

const UNROUTED: Omit<Routing, 'model' | 'champion'> & { readonly champion: null } = {
  champion: null,
  previous: null,
  challenger: null,
  percent_bp: 0,
  shadows: [],
  salt: 'propensity-1',
  epoch: 0,
  release_execution: null,
};
