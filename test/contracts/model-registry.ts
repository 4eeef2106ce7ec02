import { beforeAll, describe, expect, test } from 'vitest';
import type { ModelRegistry, RegistryEntry } from '../../shared/ports.ts';

/** What every model registry promises. */
export function modelRegistryContract(open: () => ModelRegistry | Promise<ModelRegistry>): void {
  describe('model registry', () => {
    let registry: ModelRegistry;
    let names = 0;
    const freshName = () => `contract-${process.pid}-${names++}`;
    const entry = (name: string, fields: Partial<RegistryEntry> = {}): RegistryEntry => ({
      name,
      version: '2026-11-21-0123456789ab',
      status: 'candidate',
      manifestDigest: 'a'.repeat(64),
      registeredAt: '2026-11-21T00:00:00.000Z',
      registeredBy: 'foresight train — nightly',
      ...fields,
    });

    beforeAll(async () => {
      registry = await open();
    });

    test('finds what was registered', async () => {
      const put = entry(freshName());
      await registry.put(put);
      expect(await registry.find(put.name, put.version)).toEqual(put);
    });

    test('keeps why a version was rejected', async () => {
      const put = entry(freshName(), { status: 'rejected', reason: 'auc-over-champion: fail' });
      await registry.put(put);
      expect(await registry.find(put.name, put.version)).toEqual(put);
      expect(await registry.list(put.name)).toEqual([put]);
    });

    test('answers null for an unknown model and for an unknown version', async () => {
      const put = entry(freshName());
      await registry.put(put);
      expect(await registry.find(freshName(), put.version)).toBeNull();
      expect(await registry.find(put.name, 'another')).toBeNull();
    });

    test('takes a second put of the same content as the first', async () => {
      const put = entry(freshName());
      await registry.put(put);
      await registry.put({ ...put, registeredAt: '2026-11-22T00:00:00.000Z' });
      expect(await registry.find(put.name, put.version)).toEqual(put);
      expect(await registry.list(put.name)).toEqual([put]);
    });

    test('refuses the same version with another digest and keeps the first', async () => {
      const put = entry(freshName());
      await registry.put(put);
      await expect(registry.put({ ...put, manifestDigest: 'b'.repeat(64) })).rejects.toMatchObject({
        name: 'WriteConflict',
      });
      expect(await registry.find(put.name, put.version)).toEqual(put);
    });

    test('lets one digest win when several register the same version at once', async () => {
      const name = freshName();
      const digests = Array.from({ length: 8 }, (_, n) => `${n}`.repeat(64));
      const outcomes = await Promise.allSettled(
        digests.map((manifestDigest) => registry.put(entry(name, { manifestDigest }))),
      );
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      expect(await registry.list(name)).toHaveLength(1);
    });

    test('lists the versions of one model, newest first', async () => {
      const name = freshName();
      const days = ['2026-11-02', '2026-11-21', '2026-10-30'];
      for (const day of days)
        await registry.put(
          entry(name, { version: `${day}-00`, registeredAt: `${day}T00:00:00.000Z` }),
        );
      await registry.put(entry(freshName()));
      expect((await registry.list(name)).map((listed) => listed.version)).toEqual([
        '2026-11-21-00',
        '2026-11-02-00',
        '2026-10-30-00',
      ]);
      expect(await registry.list(freshName())).toEqual([]);
    });
  });
}
