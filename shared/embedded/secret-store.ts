import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnavailable } from '../errors.ts';
import type { SecretStore } from '../ports.ts';
import { dataDirectory } from './data-directory.ts';
import { writeOnce } from './write-once.ts';

/** Secrets in `FORESIGHT_SECRET_<name>` of the environment, else as files that only their owner may read. */
export function openSecretStore(): SecretStore {
  const { path } = dataDirectory();
  return {
    async read(name) {
      const secret = process.env[`FORESIGHT_SECRET_${name}`] ?? readSecret(path, name);
      if (secret === null) throw new StoreUnavailable(`there is no secret ${name} in ${path}`);
      return secret;
    },
  };
}

/** Makes the ring of pseudonymisation keys where there is none; an existing one is never changed. */
export function provisionKeyRing(name: string): void {
  const { path } = dataDirectory();
  const ring = { current: 'k1', keys: { k1: randomBytes(32).toString('hex') } };
  try {
    mkdirSync(join(path, 'secrets'), { recursive: true, mode: 0o700 });
    writeOnce(secretFile(path, name), JSON.stringify(ring));
  } catch (error) {
    throw new StoreUnavailable(`cannot write secret ${name}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Null where nothing was written yet. */
export function readSecret(path: string, name: string): string | null {
  try {
    return readFileSync(secretFile(path, name), 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new StoreUnavailable(`cannot read secret ${name} in ${path}: ${message}`, {
      cause: error,
    });
  }
}

export function secretFile(path: string, name: string): string {
  if (!/^[\w.-]+$/.test(name))
    throw new StoreUnavailable(`${name} cannot name a secret: letters, digits, _, . and - do`);
  return join(path, 'secrets', `${name}.json`);
}
