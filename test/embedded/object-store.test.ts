import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openObjectReader } from '../../shared/embedded/object-reader.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { objectStoreContract } from '../contracts/object-store.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

const directory = freshDataDirectory();

objectStoreContract(() => ({
  store: openObjectStore('contract'),
  reader: openObjectReader('contract'),
}));

test.each(['../escape', 'a/../../escape', '/absolute', 'a//b', '', '.', 'a/', 'a\\b', 'a\u0000b'])(
  'refuses the key %j in every operation',
  async (key) => {
    const store = openObjectStore('guarded');
    const refused = { name: 'InvalidRequest', field: 'key' };
    await expect(store.put(key, Uint8Array.of(1))).rejects.toMatchObject(refused);
    await expect(store.get(key)).rejects.toMatchObject(refused);
    await expect(store.delete(key)).rejects.toMatchObject(refused);
    await expect(openObjectReader('guarded').get(key)).rejects.toMatchObject(refused);
    expect(readdirSync(directory().path)).not.toContain('escape');
  },
);

test('a put that fails leaves the old object and no unfinished file', async () => {
  const store = openObjectStore('failing');
  await store.put('taken', Uint8Array.of(1));
  mkdirSync(join(directory().path, 'failing', 'folder'));
  writeFileSync(join(directory().path, 'failing', 'folder', 'x'), '');
  for (const key of ['taken/below', 'folder']) {
    await expect(store.put(key, Uint8Array.of(2))).rejects.toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringContaining(key),
    });
  }
  expect(await store.get('taken')).toEqual(Buffer.of(1));
  expect(readdirSync(join(directory().path, 'unfinished'))).toEqual([]);
});
