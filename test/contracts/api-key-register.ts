import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ApiKeyRegister, ApiKeyStore, RegisteredApiKey } from '../../shared/ports.ts';

/** The register under test, empty, and the store in which functions find what it holds. */
export interface OpenedApiKeyRegister {
  readonly register: ApiKeyRegister;
  readonly store: ApiKeyStore;
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** What every API key register promises. */
export function apiKeyRegisterContract(open: () => OpenedApiKeyRegister): void {
  describe('API key register', () => {
    let opened: OpenedApiKeyRegister;

    beforeAll(() => {
      opened = open();
    });

    test('holds keys in the order of their ids, and the store finds them', async () => {
      const keys: RegisteredApiKey[] = ['b', 'c', 'a'].map((keyId) => ({
        digest: digestOf(keyId),
        keyId,
        scopes: ['collect', 'score'],
        expiresAt: keyId === 'a' ? null : 4_102_444_800_000,
      }));
      for (const key of keys) await opened.register.put(key);
      expect(await opened.register.list()).toEqual([keys[2], keys[0], keys[1]]);
      const { digest, ...record } = keys[1] as RegisteredApiKey;
      expect(await opened.store.find(digest)).toEqual(record);
    });

    test('replaces what it knows of a digest', async () => {
      const key = { digest: digestOf('again'), keyId: 'again', scopes: ['read'], expiresAt: null };
      await opened.register.put(key);
      await opened.register.put({ ...key, expiresAt: 5 });
      const listed = (await opened.register.list()).filter(({ keyId }) => keyId === 'again');
      expect(listed).toEqual([{ ...key, expiresAt: 5 }]);
    });

    test('forgets a removed key, also one that it does not have', async () => {
      const digest = digestOf('gone');
      await opened.register.put({ digest, keyId: 'gone', scopes: ['read'], expiresAt: null });
      await opened.register.remove(digest);
      await opened.register.remove(digest);
      expect(await opened.store.find(digest)).toBeNull();
    });
  });
}
