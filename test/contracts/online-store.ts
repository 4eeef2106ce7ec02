import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { OnlineItem, OnlineStore } from '../../shared/ports.ts';

const item = (key: string, version = 1, state = '{"n":1}'): OnlineItem => ({ key, version, state });

/** What every online store promises. `open` may answer the same store each time: keys are unique. */
export function onlineStoreContract(open: () => OnlineStore | Promise<OnlineStore>): void {
  describe('online store', () => {
    let store: OnlineStore;
    let keys = 0;
    const freshKey = () => `visitor#contract-${process.pid}-${keys++}`;
    const readOne = async (key: string) =>
      (await store.read([key], { consistent: true })).get(key) ?? null;

    beforeAll(async () => {
      store = await open();
    });

    test('answers what was written, every field of it', async () => {
      const written: OnlineItem = {
        key: freshKey(),
        version: 1,
        state: JSON.stringify({ text: 'Grüße, 世界 🛒 "quoted" \\ \u0000', n: 1e21 }),
        applied: Uint8Array.from({ length: 256 }, (_, index) => index),
        expiresAt: 4_102_444_800,
      };
      expect(await store.write(written)).toBe('written');
      const read = await readOne(written.key);
      expect({ ...read, applied: [...(read?.applied ?? [])] }).toEqual({
        ...written,
        applied: [...(written.applied ?? [])],
      });
    });

    test('answers an item without optional fields without them', async () => {
      const written = item(freshKey());
      await store.write(written);
      expect(await readOne(written.key)).toEqual(written);
    });

    test('leaves missing keys out of the answer', async () => {
      const present = item(freshKey());
      await store.write(present);
      const read = await store.read([freshKey(), present.key, freshKey()], { consistent: true });
      expect([...read.keys()]).toEqual([present.key]);
    });

    test('answers an empty map for no keys', async () => {
      expect((await store.read([])).size).toBe(0);
    });

    test.each([
      ['an absent item at version 2', 0, 2],
      ['an existing item at version 1', 1, 1],
      ['the same version again', 2, 2],
      ['a skipped version', 1, 3],
    ])('refuses to write %s', async (_case, stored, version) => {
      const key = freshKey();
      for (let count = 1; count <= stored; count++) await store.write(item(key, count, '"kept"'));
      expect(await store.write(item(key, version, '"lost"'))).toBe('conflict');
      const read = await readOne(key);
      expect(read?.version ?? 0).toBe(stored);
      if (stored > 0) expect(read?.state).toBe('"kept"');
    });

    test('replaces the whole item: fields left out are gone', async () => {
      const key = freshKey();
      await store.write({ ...item(key), applied: Uint8Array.of(1), expiresAt: 4_102_444_800 });
      await store.write(item(key, 2));
      expect(await readOne(key)).toEqual(item(key, 2));
    });

    test('lets exactly one of many concurrent writers of a version win', async () => {
      const key = freshKey();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, writer) => store.write(item(key, 1, `${writer}`))),
      );
      expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(1);
      expect((await readOne(key))?.state).toBe(`${outcomes.indexOf('written')}`);
    });

    test('loses no increment under contention with read and retry', async () => {
      const key = freshKey();
      const increment = async () => {
        for (;;) {
          const current = await readOne(key);
          const count = current === null ? 0 : Number(current.state);
          const next = item(key, (current?.version ?? 0) + 1, `${count + 1}`);
          if ((await store.write(next)) === 'written') return;
        }
      };
      await Promise.all(Array.from({ length: 12 }, increment));
      expect(await readOne(key)).toEqual(item(key, 12, '12'));
    });

    test('reads 100 keys in one call', async () => {
      const items = Array.from({ length: 100 }, () => item(freshKey()));
      await Promise.all(items.map((one) => store.write(one)));
      const read = await store.read(
        items.map((one) => one.key),
        { consistent: true },
      );
      expect(read.size).toBe(100);
      for (const one of items) expect(read.get(one.key)).toEqual(one);
    });

    test('keeps items of 60 KB, also 20 of them in one read', async () => {
      const large = Array.from({ length: 20 }, () => item(freshKey(), 1, 'x'.repeat(60_000)));
      for (const one of large) expect(await store.write(one)).toBe('written');
      const read = await store.read(
        large.map((one) => one.key),
        { consistent: true },
      );
      for (const one of large) expect(read.get(one.key)?.state.length).toBe(60_000);
    });

    test.each([
      ['ASCII state', { state: 'x'.repeat(64 * 1024 + 1) }],
      ['state of few characters and many bytes', { state: '世'.repeat(22_000) }],
      ['applied bytes', { state: '{}', applied: new Uint8Array(64 * 1024 + 1) }],
    ])('refuses an item over 64 KB: %s', async (_case, fields) => {
      const key = freshKey();
      await expect(store.write({ key, version: 1, ...fields })).rejects.toMatchObject({
        name: 'ItemTooLarge',
      });
      expect(await readOne(key)).toBeNull();
    });

    test.each([
      'user#k1.0123456789abcdef',
      'visitor#Ünïcode-日本語-🛍️',
      "visitor#it's; DROP TABLE items--",
      'visitor# spaces and\ttabs ',
      `visitor#${'x'.repeat(128)}`,
    ])('takes the key %j literally', async (key) => {
      const before = await readOne(key);
      const next = item(key, (before?.version ?? 0) + 1);
      expect(await store.write(next)).toBe('written');
      expect(await readOne(key)).toEqual(next);
    });

    test('rejects a read whose signal is aborted', async () => {
      await expect(store.read([freshKey()], { signal: AbortSignal.abort() })).rejects.toMatchObject(
        { name: 'DeadlineExceeded' },
      );
    });

    test('round-trips any state text and any bytes', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: 'grapheme', maxLength: 200 }),
          fc.uint8Array({ minLength: 1, maxLength: 300 }),
          async (text, applied) => {
            const key = freshKey();
            const state = JSON.stringify(text);
            await store.write({ key, version: 1, state, applied });
            const read = await readOne(key);
            expect(read?.state).toBe(state);
            expect([...(read?.applied ?? [])]).toEqual([...applied]);
          },
        ),
        { numRuns: 30 },
      );
    });
  });
}
