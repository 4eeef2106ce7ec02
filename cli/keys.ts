import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { resourceNamed } from '../local/environment.ts';
import {
  API_KEY_SCOPES,
  createApiKey,
  revokeApiKey,
  rotateApiKey,
} from '../shared/domain/api-keys.ts';
import type { PseudonymKeyRing } from '../shared/domain/identity.ts';
import { createKeyRing, readKeyRing, rotateKeyRing } from '../shared/domain/key-ring.ts';
import { openApiKeyRegister } from '../shared/embedded/api-key-register.ts';
import { openSecretVault } from '../shared/embedded/secret-vault.ts';
import { Usage } from '../shared/errors.ts';
import type { ApiKeyRegister, SecretVault } from '../shared/ports.ts';
import { type StageFlags, stackNames, stageOptions } from './stage.ts';

export function register(program: Command): void {
  const keys = program
    .command('keys')
    .description('API keys and the ring of pseudonym keys, here or of a deployed stage');
  const deployed = (command: Command) =>
    stageOptions(command).option('--json', 'one JSON document');
  deployed(keys.command('create <id>'))
    .description('a new key, shown this once')
    .requiredOption('--scopes <names>', `some of ${API_KEY_SCOPES.join(',')}`)
    .option('--expires <days>', 'close it by itself')
    .action(create);
  deployed(keys.command('list')).description('ids, scopes and expiry').action(list);
  deployed(keys.command('rotate <id>'))
    .description('a new key of the same scopes; the old one stays open for a while')
    .option('--grace <days>', 'how long', '7')
    .action(rotate);
  deployed(keys.command('revoke <id>')).description('close a key within a minute').action(revoke);
  const ring = keys.command('ring').description('the keys that pseudonyms are made with');
  deployed(ring.command('create'))
    .description('once for a deployed stage; here the first start does it')
    .action((flags: Flags) => changeRing(flags, createKeyRing));
  deployed(ring.command('rotate'))
    .description('add a key that new pseudonyms are made with')
    .action((flags: Flags) => changeRing(flags, rotateKeyRing));
  deployed(ring.command('show'))
    .description('the ids of the keys, never the keys')
    .action((flags: Flags) => changeRing(flags, (name, { vault }) => readKeyRing(name, vault)));
}

interface Flags extends StageFlags {
  readonly json?: boolean;
}

const DAY_MS = 86_400_000;

async function create(
  keyId: string,
  flags: Flags & { readonly scopes: string; readonly expires?: string },
): Promise<void> {
  const scopes = flags.scopes.split(',').map((scope) => scope.trim());
  const unknown = scopes.find((scope) => !API_KEY_SCOPES.includes(scope));
  if (unknown !== undefined) {
    throw new Usage(`--scopes ${unknown} is none of ${API_KEY_SCOPES.join(', ')}`);
  }
  const expiresAt =
    flags.expires === undefined ? null : Date.now() + days('--expires', flags.expires);
  const { register } = await ownedBy(flags);
  const key = await createApiKey({ keyId, scopes, expiresAt }, { register, randomBytes });
  tell(flags, { key_id: keyId, scopes, key }, key);
}

async function list(flags: Flags): Promise<void> {
  const { register } = await ownedBy(flags);
  const keys = (await register.list()).map(({ keyId, scopes, expiresAt, digest }) => ({
    key_id: keyId,
    scopes,
    expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    expired: expiresAt !== null && expiresAt <= Date.now(),
    sha256: digest,
  }));
  const lines = keys.map(({ key_id, scopes, expires_at, expired }) => {
    const until = expires_at === null ? '' : `${expired ? 'expired' : 'until'} ${expires_at}`;
    return `${key_id.padEnd(24)} ${scopes.join(',').padEnd(20)} ${until}`.trimEnd();
  });
  tell(flags, keys, lines.length === 0 ? 'there are no keys' : lines.join('\n'));
}

async function rotate(keyId: string, flags: Flags & { readonly grace: string }): Promise<void> {
  const oldUntil = Date.now() + days('--grace', flags.grace);
  const { register } = await ownedBy(flags);
  const key = await rotateApiKey(keyId, oldUntil, { register, randomBytes });
  tell(flags, { key_id: keyId, key, old_until: new Date(oldUntil).toISOString() }, key);
}

async function revoke(keyId: string, flags: Flags): Promise<void> {
  const { register } = await ownedBy(flags);
  const revoked = await revokeApiKey(keyId, register);
  tell(flags, { key_id: keyId, revoked }, `${keyId} is closed; a door may know it for a minute`);
}

async function changeRing(
  flags: Flags,
  change: (
    name: string,
    deps: Owned & { randomBytes: typeof randomBytes },
  ) => Promise<PseudonymKeyRing>,
): Promise<void> {
  const owned = await ownedBy(flags);
  const { current, keys } = await change(owned.ring, { ...owned, randomBytes });
  const ids = Object.keys(keys);
  tell(flags, { current, keys: ids }, `${ids.join(', ')}; ${current} makes new pseudonyms`);
}

/** What its owner may change of a stage, or of the data directory where none is named. */
interface Owned {
  readonly register: ApiKeyRegister;
  readonly vault: SecretVault;
  /** Name of the secret that holds the ring. */
  readonly ring: string;
}

async function ownedBy({ stage, region }: Flags): Promise<Owned> {
  if (stage === undefined) {
    return {
      register: openApiKeyRegister(resourceNamed('API_KEYS_TABLE')),
      vault: openSecretVault(),
      ring: resourceNamed('PSEUDONYM_SECRET'),
    };
  }
  const [nameOf, keys, secrets] = await Promise.all([
    stackNames(stage, region),
    import('../shared/aws/api-key-register.ts'),
    import('../shared/aws/secret-vault.ts'),
  ]);
  return {
    register: keys.openApiKeyRegister(nameOf('ApiKeysTable')),
    vault: secrets.openSecretVault(),
    ring: nameOf('PseudonymSecret'),
  };
}

function tell({ json }: Flags, document: object, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(document) : text}\n`);
}

function days(flag: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= 0 && value <= 3650)) throw new Usage(`${flag} ${text} is no number of days`);
  return value * DAY_MS;
}
