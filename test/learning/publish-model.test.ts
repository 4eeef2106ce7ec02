import { beforeEach, describe, expect, test } from 'vitest';
import { hasCartRule } from '../../shared/domain/has-cart-rule.ts';
import { additiveArtifact, composeModel, verifyFolder } from '../../shared/domain/model-folder.ts';
import {
  promoteModel,
  readChampion,
  readModel,
  readRouting,
  registerModel,
  requirePromotable,
} from '../../shared/domain/publish-model.ts';
import { routingKey } from '../../shared/domain/routing.ts';
import {
  ModelDigestMismatch,
  ModelNotFound,
  ModelRejected,
  StoreUnavailable,
  UnusableModel,
  WriteConflict,
} from '../../shared/errors.ts';
import { definitionDigests } from '../../shared/features/catalogue.ts';
import type {
  ModelRegistry,
  ObjectStore,
  OnlineItem,
  OnlineStore,
  RegistryEntry,
} from '../../shared/ports.ts';

const NAME = 'propensity';
const BY = { registeredAt: '2026-03-01T00:00:00.000Z', registeredBy: 'test' };

/** The rule with another probability: a second version to promote. */
function otherVersion() {
  const rule = hasCartRule();
  const { version: _, kind: __, files: ___, ...manifest } = verifyFolder(rule);
  return composeModel('2026-03-02', {
    manifest,
    artifact: additiveArtifact({ kind: 'rule', rules: [], otherwise: 0.2 }),
    card: '# other\n',
  });
}

let objects: Map<string, Uint8Array>;
let entries: Map<string, RegistryEntry>;
let items: Map<string, OnlineItem>;
let files: ObjectStore;
let registry: ModelRegistry;
let online: OnlineStore;

beforeEach(() => {
  objects = new Map();
  entries = new Map();
  items = new Map();
  files = {
    get: async (key) => objects.get(key) ?? null,
    put: async (key, body) => void objects.set(key, body),
    list: async function* (prefix) {
      yield* [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    },
    delete: async (key) => void objects.delete(key),
  };
  registry = {
    async put(entry) {
      const known = entries.get(entry.version);
      if (known !== undefined && known.manifestDigest !== entry.manifestDigest)
        throw new WriteConflict(entry.version);
      if (known === undefined) entries.set(entry.version, entry);
    },
    find: async (_, version) => entries.get(version) ?? null,
    list: async () => [...entries.values()],
  };
  online = {
    read: async (keys) =>
      new Map(keys.flatMap((key) => (items.has(key) ? [[key, items.get(key) as OnlineItem]] : []))),
    async write(item) {
      if ((items.get(item.key)?.version ?? 0) !== item.version - 1) return 'conflict';
      items.set(item.key, item);
      return 'written';
    },
  };
});

async function registered() {
  const folder = hasCartRule();
  await registerModel(NAME, folder, BY, { files, registry });
  return folder;
}

describe('registering', () => {
  test('puts the files and a candidate that opens again, and no routing', async () => {
    const { version, card } = await registered();
    expect(entries.get(version)).toMatchObject({ name: NAME, status: 'candidate', ...BY });
    const read = await readModel(NAME, version, definitionDigests(), { files, registry });
    expect(read.model.version).toBe(version);
    expect(read.folder.card).toEqual(card);
    expect(await readRouting(NAME, online)).toBeNull();
  });

  test('again changes nothing', async () => {
    const folder = await registered();
    const later = { ...BY, registeredAt: '2026-04-01T00:00:00.000Z' };
    await registerModel(NAME, folder, later, { files, registry });
    expect(entries.get(folder.version)?.registeredAt).toBe(BY.registeredAt);
  });

  test('that fails before the entry leaves nothing that can be promoted', async () => {
    const full = { ...files, put: () => Promise.reject(new StoreUnavailable('the disk is full')) };
    const folder = hasCartRule();
    const attempt = registerModel(NAME, folder, BY, { files: full, registry });
    await expect(attempt).rejects.toThrow(StoreUnavailable);
    const reading = readModel(NAME, folder.version, definitionDigests(), { files, registry });
    await expect(reading).rejects.toThrow(ModelNotFound);
  });
});

describe('reading refuses', () => {
  test('a version that was never registered', async () => {
    await expect(
      readModel(NAME, '2026-01-01-000000000000', definitionDigests(), { files, registry }),
    ).rejects.toThrow(/models list propensity/);
  });

  test.each(['manifest.json', 'model.json', 'card.md'])('a version without %s', async (file) => {
    const { version } = await registered();
    objects.delete(`${NAME}/${version}/${file}`);
    await expect(
      readModel(NAME, version, definitionDigests(), { files, registry }),
    ).rejects.toThrow(ModelNotFound);
  });

  test.each(['manifest.json', 'model.json', 'card.md'])(
    'a version whose %s was changed',
    async (file) => {
      const { version } = await registered();
      const key = `${NAME}/${version}/${file}`;
      const bytes = Uint8Array.from(objects.get(key) as Uint8Array);
      bytes[bytes.length - 1] = 0x20;
      objects.set(key, bytes);
      await expect(
        readModel(NAME, version, definitionDigests(), { files, registry }),
      ).rejects.toThrow(ModelDigestMismatch);
    },
  );

  test('a version whose features are defined otherwise here', async () => {
    const { version } = await registered();
    await expect(readModel(NAME, version, new Map(), { files, registry })).rejects.toThrow(
      UnusableModel,
    );
  });
});

describe('a version to compare with', () => {
  const champion = (version: string) =>
    readChampion(NAME, version, definitionDigests(), { files, registry });

  test('is opened, or says why it cannot be', async () => {
    const { version } = await registered();
    expect((await champion(version)).model?.version).toBe(version);
    objects.delete(`${NAME}/${version}/model.json`);
    expect(await champion(version)).toEqual({
      version,
      problem: expect.stringMatching(/^ModelNotFound: .*model\.json is gone/),
    });
  });

  test('that cannot be reached is no verdict', async () => {
    const { version } = await registered();
    files = { ...files, get: () => Promise.reject(new StoreUnavailable('no network')) };
    await expect(champion(version)).rejects.toThrow(StoreUnavailable);
  });
});

test('a rejected version is registered with its reason and needs another one to serve', async () => {
  const folder = hasCartRule();
  await registerModel(NAME, folder, { ...BY, reason: 'model-size: fail' }, { files, registry });
  const entry = entries.get(folder.version) as RegistryEntry;
  expect(entry).toMatchObject({ status: 'rejected', reason: 'model-size: fail' });
  expect(() => requirePromotable(entry, null)).toThrow(/model-size: fail/);
  expect(() => requirePromotable(entry, null)).toThrow(ModelRejected);
  expect(() => requirePromotable(entry, 'a trial')).not.toThrow();
});

describe('promoting', () => {
  async function opened(folder = hasCartRule()) {
    await registerModel(NAME, folder, BY, { files, registry });
    return (await readModel(NAME, folder.version, definitionDigests(), { files, registry })).model;
  }

  test('the first version makes it champion of epoch 1', async () => {
    const model = await opened();
    await promoteModel(model, online);
    expect(await readRouting(NAME, online)).toMatchObject({
      model: NAME,
      champion: model.version,
      previous: null,
      epoch: 1,
    });
  });

  test('another one keeps the one before it as previous', async () => {
    const [first, second] = [await opened(), await opened(otherVersion())];
    await promoteModel(first, online);
    const routing = await promoteModel(second, online);
    expect(routing).toMatchObject({ champion: second.version, previous: first.version, epoch: 2 });
    expect(await promoteModel(second, online)).toEqual(routing);
    expect(items.get(routingKey(NAME))?.version).toBe(2);
  });

  test('the challenger ends its trial; another challenger goes on', async () => {
    const [first, second] = [await opened(), await opened(otherVersion())];
    const trial = {
      ...(await promoteModel(first, online)),
      challenger: second.version,
      percent_bp: 500,
      shadows: [second.version],
    };
    const key = routingKey(NAME);
    await online.write({ key, version: 2, state: JSON.stringify(trial) });
    expect(await promoteModel(second, online)).toMatchObject({
      challenger: null,
      percent_bp: 0,
      shadows: [],
    });
    await online.write({ key, version: 4, state: JSON.stringify(trial) });
    expect(await promoteModel({ ...second, version: 'third' }, online)).toMatchObject({
      challenger: second.version,
      percent_bp: 500,
    });
  });

  test('against another writer changes nothing', async () => {
    const model = await opened();
    const raced: OnlineStore = { ...online, write: async () => 'conflict' };
    await expect(promoteModel(model, raced)).rejects.toThrow(WriteConflict);
    expect(await readRouting(NAME, online)).toBeNull();
  });
});
