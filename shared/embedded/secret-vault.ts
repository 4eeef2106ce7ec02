import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreUnavailable } from '../errors.ts';
import type { SecretVault } from '../ports.ts';
import { dataDirectory } from './data-directory.ts';
import { readSecret, secretFile } from './secret-store.ts';

/** The files of the secret store, replaced as a whole. */
export function openSecretVault(): SecretVault {
  const { path } = dataDirectory();
  return {
    read: async (name) => readSecret(path, name),
    async write(name, value) {
      const file = secretFile(path, name);
      const draft = `${file}.${randomUUID()}`;
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        writeFileSync(draft, value, { mode: 0o600, flush: true });
        renameSync(draft, file);
      } catch (error) {
        throw new StoreUnavailable(`cannot write secret ${name}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
  };
}
