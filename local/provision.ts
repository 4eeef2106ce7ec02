import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_KEY_SCOPES, newApiKey } from '../shared/domain/api-keys.ts';
import { keyDigest } from '../shared/domain/authorize.ts';
import { openApiKeyRegister } from '../shared/embedded/api-key-register.ts';
import { openApiKeyStore } from '../shared/embedded/api-key-store.ts';
import { dataDirectory } from '../shared/embedded/data-directory.ts';
import { provisionKeyRing } from '../shared/embedded/secret-store.ts';
import { writeOnce } from '../shared/embedded/write-once.ts';
import { resourceNamed } from './environment.ts';

/**
 * Makes what a deployment would: the key ring of pseudonyms and a first API key. What exists is
 * kept. The key itself is in a file only its owner may read, to be shown again at each start.
 * In the environment of `useEnvironment`.
 * @returns the API key
 */
export async function provision(): Promise<string> {
  provisionKeyRing(resourceNamed('PSEUDONYM_SECRET'));
  const file = join(dataDirectory().path, 'api-key');
  writeOnce(file, newApiKey(randomBytes));
  const key = readFileSync(file, 'utf8');
  const digest = keyDigest(key);
  const table = resourceNamed('API_KEYS_TABLE');
  if ((await openApiKeyStore(table).find(digest)) === null) {
    const record = { keyId: 'default', scopes: API_KEY_SCOPES, expiresAt: null };
    await openApiKeyRegister(table).put({ digest, ...record });
  }
  return key;
}
