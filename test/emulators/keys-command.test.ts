import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openApiKeyStore } from '../../shared/aws/api-key-store.ts';
import { keyDigest } from '../../shared/domain/authorize.ts';
import { withStack } from './cloudformation.ts';
import { withTables } from './dynamodb.ts';

withTables('ApiKeysTable');

const asked = withStack({ ApiKeysTable: 'ApiKeysTable', PseudonymSecret: 'pseudonyms' });

async function keys(...words: string[]) {
  const main = join(import.meta.dirname, '../../cli/main.ts');
  const deployed = ['--stage', 'dev', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    'keys',
    ...words,
    ...deployed,
  ]);
  return JSON.parse(stdout);
}

test('a key of a deployed stage is made, rotated and revoked in the table of its stack', async () => {
  const store = openApiKeyStore('ApiKeysTable');
  const found = (key: string) => store.find(keyDigest(key));
  const first = await keys('create', 'shop', '--scopes', 'collect,score');
  expect(await found(first.key)).toEqual({
    keyId: 'shop',
    scopes: ['collect', 'score'],
    expiresAt: null,
  });
  const second = await keys('rotate', 'shop', '--grace', '1');
  expect(await found(second.key)).toMatchObject({ keyId: 'shop', expiresAt: null });
  expect((await found(first.key))?.expiresAt).toBe(Date.parse(second.old_until));
  expect(await keys('revoke', 'shop')).toEqual({ key_id: 'shop', revoked: 2 });
  expect(await keys('list')).toEqual([]);
  expect(new Set(asked)).toEqual(new Set(['foresight-dev']));
});
