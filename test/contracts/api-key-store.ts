import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ApiKeyRecord, ApiKeyStore } from '../../shared/ports.ts';

/** The store under test, and a way to put a key into it as its owner would. */
export interface OpenedApiKeyStore {
  readonly store: ApiKeyStore;
  add(digest: string, record: ApiKeyRecord): void | Promise<void>;
}

const digestOf = (key: string) => createHash('sha256').update(key).digest('hex');

/** What every API key store promises: it answers records; judging expiry and scope is the caller's. */
export function apiKeyStoreContract(
  open: () => OpenedApiKeyStore | Promise<OpenedApiKeyStore>,
): void {
  describe('API key store', () => {
    let opened: OpenedApiKeyStore;

    beforeAll(async () => {
      opened = await open();
    });

    test.each<ApiKeyRecord>([
      { keyId: 'all', scopes: ['collect', 'score', 'read'], expiresAt: null },
      { keyId: 'one scope', scopes: ['collect'], expiresAt: 4_102_444_800_000 },
      { keyId: 'expired', scopes: ['score'], expiresAt: 1 },
      { keyId: 'no scope', scopes: [], expiresAt: null },
    ])('finds the key $keyId', async (record) => {
      const digest = digestOf(record.keyId);
      await opened.add(digest, record);
      expect(await opened.store.find(digest)).toEqual(record);
    });

    test('answers null for an unknown digest', async () => {
      expect(await opened.store.find(digestOf('nobody has this key'))).toBeNull();
    });
  });
}
