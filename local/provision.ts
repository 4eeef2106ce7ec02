import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyDigest } from '../shared/domain/authorize.ts';
import { openApiKeyStore } from '../shared/embedded/api-key-store.ts';
import { dataDirectory } from '../shared/embedded/data-directory.ts';
import { provisionKeyRing } from '../shared/embedded/secret-store.ts';
import { resourceNamed } from './environment.ts';

const SCOPES = ['collect', 'score', 'read'];

/**
 * Makes what a deployment would: the key ring of pseudonyms and a first API key. What exists is
 * kept. The key itself is in a file only its owner may read, to be shown again at each start.
 * In the environment of `useEnvironment`.
 * @returns the API key
 */
export async function provision(): Promise<string> {
  provisionKeyRing(resourceNamed('PSEUDONYM_SECRET'));
  const key = ownKey(join(dataDirectory().path, 'api-key'));
  const keys = openApiKeyStore(resourceNamed('API_KEYS_TABLE'));
  if ((await keys.find(keyDigest(key))) === null) {
    await keys.add(keyDigest(key), { keyId: 'default', scopes: SCOPES, expiresAt: null });
  }
  return key;
}

function ownKey(file: string): string {
  const key = `fs_${randomBytes(24).toString('base64url')}`;
  try {
    writeFileSync(file, key, { mode: 0o600, flag: 'wx' });
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFileSync(file, 'utf8');
  }
}
