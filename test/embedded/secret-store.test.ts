import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSecretStore, provisionKeyRing } from '../../shared/embedded/secret-store.ts';
import { secretStoreContract } from '../contracts/secret-store.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

const directory = freshDataDirectory();

secretStoreContract(async () => {
  provisionKeyRing('Contract');
  const store = openSecretStore();
  return { store, name: 'Contract', value: await store.read('Contract') };
});

test('provisions one ring of random keys that only the owner may read, and keeps it', async () => {
  const store = openSecretStore();
  provisionKeyRing('Ring');
  const first = await store.read('Ring');
  provisionKeyRing('Ring');
  provisionKeyRing('Another');
  expect(JSON.parse(first)).toEqual({
    current: 'k1',
    keys: { k1: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(await store.read('Ring')).toBe(first);
  expect(await store.read('Another')).not.toBe(first);
  const { mode } = statSync(join(directory().path, 'secrets', 'Ring.json'));
  expect(mode & 0o777).toBe(0o600);
});

test('refuses a name that leads outside the folder', async () => {
  await expect(openSecretStore().read('../foresight')).rejects.toMatchObject({
    name: 'StoreUnavailable',
  });
});
