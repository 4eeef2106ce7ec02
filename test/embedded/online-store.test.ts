import { expect, test } from 'vitest';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { onlineStoreContract } from '../contracts/online-store.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

const directory = freshDataDirectory();

onlineStoreContract(() => openOnlineStore('Contract'));

test('sweeps what has expired and nothing else', async () => {
  const store = openOnlineStore('Swept');
  const write = (key: string, expiresAt?: number) =>
    store.write({
      key,
      version: 1,
      state: '{}',
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
  await Promise.all([write('past', 99), write('now', 100), write('later', 101), write('never')]);
  expect(await store.sweep(100)).toBe(2);
  expect([...(await store.read(['past', 'now', 'later', 'never'])).keys()].toSorted()).toEqual([
    'later',
    'never',
  ]);
});

test('a full disk rejects every write of the group, keeps what was there and recovers', async () => {
  const { database } = directory();
  const store = openOnlineStore('Full');
  await store.write({ key: 'before', version: 1, state: '"kept"' });
  const pages = database.prepare('PRAGMA page_count').get()?.['page_count'];
  database.exec(`PRAGMA max_page_count = ${pages}`);
  const state = JSON.stringify('x'.repeat(60_000));
  const outcomes = await Promise.allSettled([
    store.write({ key: 'before', version: 2, state: '"lost"' }),
    ...['a', 'b', 'c'].map((key) => store.write({ key, version: 1, state })),
  ]);
  database.exec('PRAGMA max_page_count = 1000000');
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { name: 'StoreUnavailable', message: expect.stringContaining('is full') },
    });
  }
  const read = await store.read(['before', 'a', 'b', 'c']);
  expect([...read.values()]).toEqual([{ key: 'before', version: 1, state: '"kept"' }]);
  expect(await store.write({ key: 'a', version: 1, state })).toBe('written');
});
