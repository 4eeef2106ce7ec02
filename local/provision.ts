import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyDigest } from '../shared/domain/authorize.ts';
import { openApiKeyStore } from '../shared/embedded/api-key-store.ts';
import { dataDirectory } from '../shared/embedded/data-directory.ts';
import { provisionKeyRing } from '../shared/embedded/secret-store.ts';
import { writeOnce } from '../shared/embedded/write-once.ts';
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
  const file = join(dataDirectory().path, 'api-key');
  writeOnce(file, `fs_${randomBytes(24).toString('base64url')}`);
  const key = readFileSync(file, 'utf8');
  const keys = openApiKeyStore(resourceNamed('API_KEYS_TABLE'));
  if ((await keys.find(keyDigest(key))) === null) {
    await keys.add(keyDigest(key), { keyId: 'default', scopes: SCOPES, expiresAt: null });
  }
  return key;
}
