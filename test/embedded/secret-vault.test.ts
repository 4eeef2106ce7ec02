import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSecretStore } from '../../shared/embedded/secret-store.ts';
import { openSecretVault } from '../../shared/embedded/secret-vault.ts';
import { secretVaultContract } from '../contracts/secret-vault.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

const directory = freshDataDirectory();

secretVaultContract(() => ({
  vault: openSecretVault(),
  store: openSecretStore(),
  name: 'Contract',
}));

test('what it writes only the owner may read', async () => {
  await openSecretVault().write('Mode', 'text');
  const { mode } = statSync(join(directory().path, 'secrets', 'Mode.json'));
  expect(mode & 0o777).toBe(0o600);
});
