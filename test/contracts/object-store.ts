import { beforeAll, describe, expect, test } from 'vitest';
import type { ObjectReader, ObjectStore } from '../../shared/ports.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (body: Uint8Array | null) => (body === null ? null : new TextDecoder().decode(body));

/**
 * What every object store promises, and every reader of the same bucket.
 * @param gaps what the emulator of a service does otherwise than the service
 */
export function objectStoreContract(
  open: () =>
    | { store: ObjectStore; reader: ObjectReader }
    | Promise<{ store: ObjectStore; reader: ObjectReader }>,
  gaps: { listsByFolder?: boolean } = {},
): void {
  describe('object store', () => {
    let store: ObjectStore;
    let reader: ObjectReader;
    let folders = 0;
    const freshFolder = () => `contract-${process.pid}/${folders++}/`;
    const keysUnder = async (prefix: string) => {
      const keys: string[] = [];
      for await (const key of store.list(prefix)) keys.push(key);
      return keys;
    };

    beforeAll(async () => {
      ({ store, reader } = await open());
    });

    test('answers what was put, to the byte', async () => {
      const key = `${freshFolder()}all-bytes.bin`;
      const body = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
      await store.put(key, body);
      expect(Buffer.compare((await store.get(key)) ?? bytes(''), body)).toBe(0);
      expect(Buffer.compare((await reader.get(key)) ?? bytes(''), body)).toBe(0);
    });

    test('keeps a large object, to the byte', async () => {
      const key = `${freshFolder()}large.bin`;
      const body = Buffer.alloc(12 * 1024 * 1024, 'large payload ');
      await store.put(key, body);
      expect(Buffer.compare((await store.get(key)) ?? bytes(''), body)).toBe(0);
      expect(Buffer.compare((await reader.get(key)) ?? bytes(''), body)).toBe(0);
    });

    test('answers null where there is no object', async () => {
      const folder = freshFolder();
      await store.put(`${folder}there`, bytes('x'));
      for (const key of [`${folder}missing`, `${folder}missing/deeper`, folder.slice(0, -1)]) {
        expect(await store.get(key)).toBeNull();
        expect(await reader.get(key)).toBeNull();
      }
    });

    test('keeps an empty object', async () => {
      const key = `${freshFolder()}empty`;
      await store.put(key, new Uint8Array());
      expect(text(await store.get(key))).toBe('');
    });

    test('replaces an object, and putting the same again changes nothing', async () => {
      const folder = freshFolder();
      await store.put(`${folder}a`, bytes('first'));
      await store.put(`${folder}a`, bytes('second'));
      await store.put(`${folder}a`, bytes('second'));
      expect(text(await store.get(`${folder}a`))).toBe('second');
      expect(await keysUnder(folder)).toEqual([`${folder}a`]);
    });

    test('leaves one whole object of concurrent puts of a key', async () => {
      const folder = freshFolder();
      const bodies = Array.from({ length: 10 }, (_, writer) => `${writer}`.repeat(20_000));
      await Promise.all(bodies.map((body) => store.put(`${folder}contended`, bytes(body))));
      expect(bodies).toContain(text(await store.get(`${folder}contended`)));
      expect(await keysUnder(folder)).toEqual([`${folder}contended`]);
    });

    test.skipIf(gaps.listsByFolder)('lists in lexicographic order of the whole key', async () => {
      const folder = freshFolder();
      const names = ['b', 'a/z', 'a.txt', 'a-1', 'dt=2026-01-10/x', 'dt=2026-01-09/x', 'B', 'é'];
      for (const name of names) await store.put(folder + name, bytes(name));
      const expected = names
        .map((name) => folder + name)
        .toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      expect(await keysUnder(folder)).toEqual(expected);
    });

    test('lists by any prefix, also one that ends within a name', async () => {
      const folder = freshFolder();
      for (const name of ['raw_events/1', 'raw_events/2', 'raw_other/1', 'rare'])
        await store.put(folder + name, bytes(name));
      expect(await keysUnder(`${folder}raw_`)).toEqual(
        ['raw_events/1', 'raw_events/2', 'raw_other/1'].map((name) => folder + name),
      );
      expect(await keysUnder(`${folder}nothing`)).toEqual([]);
    });

    test('lists more than one page', async () => {
      const folder = freshFolder();
      const names = Array.from({ length: 30 }, (_, n) => `${folder}${String(n).padStart(4, '0')}`);
      await Promise.all(names.map((name) => store.put(name, bytes(name))));
      expect(await keysUnder(folder)).toEqual(names);
    });

    test('deletes, and deleting what is not there is no error', async () => {
      const key = `${freshFolder()}gone`;
      await store.put(key, bytes('x'));
      await store.delete(key);
      await store.delete(key);
      expect(await store.get(key)).toBeNull();
    });

    test.each(['Ünïcode/日本語.json', 'with space.txt', "it's+plus&amp.txt", 'percent%2Fslash'])(
      'takes the key %j literally',
      async (name) => {
        const folder = freshFolder();
        await store.put(folder + name, bytes(name));
        expect(text(await store.get(folder + name))).toBe(name);
        expect(await keysUnder(folder)).toEqual([folder + name]);
      },
    );

    test('rejects a read whose signal is aborted', async () => {
      await expect(reader.get(`${freshFolder()}x`, AbortSignal.abort())).rejects.toMatchObject({
        name: 'DeadlineExceeded',
      });
    });
  });
}
