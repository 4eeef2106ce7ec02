import { describe, expect, test } from 'vitest';
import { createApiKey, revokeApiKey, rotateApiKey } from '../../shared/domain/api-keys.ts';
import { authorize, keyDigest } from '../../shared/domain/authorize.ts';
import type { ApiKeyRegister, ApiKeyStore, RegisteredApiKey } from '../../shared/ports.ts';

/** A register in memory, which is also the store that the door asks. */
function openMemory() {
  const keys = new Map<string, RegisteredApiKey>();
  const register: ApiKeyRegister = {
    put: async (key) => void keys.set(key.digest, key),
    list: async () => [...keys.values()],
    remove: async (digest) => void keys.delete(digest),
  };
  const store: ApiKeyStore = { find: async (digest) => keys.get(digest) ?? null };
  let made = 0;
  const randomBytes = (length: number) => new Uint8Array(length).fill(++made);
  const opens = async (key: string, now: number) => {
    const verdict = await authorize(key, 'POST /v1/propensity', {
      keys: store,
      clock: { now: () => now },
    });
    return verdict.authorized || verdict.because;
  };
  return { keys, register, randomBytes, opens };
}

const server = { keyId: 'server', scopes: ['score'], expiresAt: null };

describe('API keys', () => {
  test('a key opens what its scopes say and is stored as a digest alone', async () => {
    const memory = openMemory();
    const key = await createApiKey(server, memory);
    expect(key).toMatch(/^fs_[\w-]{32}$/);
    expect(await memory.opens(key, 0)).toBe(true);
    expect([...memory.keys.values()]).toEqual([{ digest: keyDigest(key), ...server }]);
  });

  test('an id is taken once', async () => {
    const memory = openMemory();
    await createApiKey(server, memory);
    await expect(createApiKey(server, memory)).rejects.toMatchObject({
      name: 'UnsuitableApiKey',
      message: expect.stringContaining('server'),
    });
  });

  test('after a rotation both keys work until the old one ends, and never longer than before', async () => {
    const memory = openMemory();
    const old = await createApiKey({ ...server, expiresAt: 500 }, memory);
    const second = await rotateApiKey('server', 1000, memory);
    const third = await rotateApiKey('server', 800, memory);
    expect(await Promise.all([old, second, third].map((key) => memory.opens(key, 499)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(await memory.opens(old, 500)).toBe('expired');
    expect(await memory.opens(second, 799)).toBe(true);
    expect(await memory.opens(second, 800)).toBe('expired');
    expect(await memory.opens(third, 1e15)).toBe(true);
  });

  test('revoking closes all keys of an id and no other', async () => {
    const memory = openMemory();
    const other = await createApiKey({ ...server, keyId: 'other' }, memory);
    const keys = [await createApiKey(server, memory), await rotateApiKey('server', 1000, memory)];
    expect(await revokeApiKey('server', memory.register)).toBe(2);
    for (const key of keys) expect(await memory.opens(key, 0)).toBe('unknown_key');
    expect(await memory.opens(other, 0)).toBe(true);
  });

  test.each([
    ['rotating', (memory: ReturnType<typeof openMemory>) => rotateApiKey('nobody', 1, memory)],
    ['revoking', ({ register }: ReturnType<typeof openMemory>) => revokeApiKey('nobody', register)],
  ])('%s a key that is not there is refused', async (_, change) => {
    await expect(change(openMemory())).rejects.toMatchObject({ name: 'UnsuitableApiKey' });
  });
});
