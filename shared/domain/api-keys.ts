import { UnsuitableApiKey } from '../errors.ts';
import type { ApiKeyRegister, RegisteredApiKey } from '../ports.ts';
import { keyDigest } from './authorize.ts';

/** `collect` keys are public, for the shop's pages; the others are for servers alone. */
export const API_KEY_SCOPES: readonly string[] = ['collect', 'score', 'read'];

interface KeyDeps {
  readonly register: ApiKeyRegister;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** 192 random bits behind a prefix that scanners of leaked secrets can look for. */
export function newApiKey(randomBytes: (length: number) => Uint8Array): string {
  return `fs_${Buffer.from(randomBytes(24)).toString('base64url')}`;
}

/**
 * @returns the key, which is shown this once and stored nowhere
 * @throws UnsuitableApiKey where the id is taken
 */
export async function createApiKey(
  { keyId, scopes, expiresAt }: Omit<RegisteredApiKey, 'digest'>,
  { register, randomBytes }: KeyDeps,
): Promise<string> {
  if ((await keysOf(keyId, register)).length > 0) {
    throw new UnsuitableApiKey(`there is a key ${keyId} already: rotate it, or take another id`);
  }
  const key = newApiKey(randomBytes);
  await register.put({ digest: keyDigest(key), keyId, scopes, expiresAt });
  return key;
}

/**
 * A new key of the same id and scopes; the old ones stay open until `oldUntil`, or less where they
 * expire before.
 * @param oldUntil epoch milliseconds
 * @throws UnsuitableApiKey where there is no such key
 */
export async function rotateApiKey(
  keyId: string,
  oldUntil: number,
  { register, randomBytes }: KeyDeps,
): Promise<string> {
  const old = await knownKeys(keyId, register);
  const scopes = [...new Set(old.flatMap((key) => key.scopes))];
  const key = newApiKey(randomBytes);
  await register.put({ digest: keyDigest(key), keyId, scopes, expiresAt: null });
  for (const replaced of old) {
    const expiresAt = Math.min(replaced.expiresAt ?? oldUntil, oldUntil);
    await register.put({ ...replaced, expiresAt });
  }
  return key;
}

/**
 * Closes every key of an id.
 * @returns how many there were
 * @throws UnsuitableApiKey where there is none
 */
export async function revokeApiKey(keyId: string, register: ApiKeyRegister): Promise<number> {
  const keys = await knownKeys(keyId, register);
  for (const { digest } of keys) await register.remove(digest);
  return keys.length;
}

async function knownKeys(keyId: string, register: ApiKeyRegister) {
  const keys = await keysOf(keyId, register);
  if (keys.length === 0) throw new UnsuitableApiKey(`there is no key ${keyId}`);
  return keys;
}

async function keysOf(keyId: string, register: ApiKeyRegister) {
  return (await register.list()).filter((key) => key.keyId === keyId);
}
