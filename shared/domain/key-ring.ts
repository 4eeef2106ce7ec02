import { UnsuitableKeyRing } from '../errors.ts';
import type { SecretVault } from '../ports.ts';
import { type PseudonymKeyRing, parseKeyRing } from './identity.ts';

interface RingDeps {
  readonly vault: SecretVault;
  readonly randomBytes: (length: number) => Uint8Array;
}

/**
 * Writes the first ring of pseudonym keys.
 * @throws UnsuitableKeyRing where there is one: without its keys no pseudonym can be made again
 */
export async function createKeyRing(
  name: string,
  { vault, randomBytes }: RingDeps,
): Promise<PseudonymKeyRing> {
  if ((await vault.read(name)) !== null) {
    throw new UnsuitableKeyRing('there is a key ring already: it is rotated, never replaced');
  }
  return written(name, { current: 'k1', keys: { k1: newKey(randomBytes) } }, vault);
}

/**
 * Adds a key that pseudonyms are made with from now on; the others stay.
 * @throws UnsuitableKeyRing where there is none
 */
export async function rotateKeyRing(
  name: string,
  { vault, randomBytes }: RingDeps,
): Promise<PseudonymKeyRing> {
  const { keys } = await readKeyRing(name, vault);
  const numbers = Object.keys(keys).map((id) => Number(/^k(\d+)$/.exec(id)?.[1] ?? 0));
  const current = `k${Math.max(0, ...numbers) + 1}`;
  return written(name, { current, keys: { ...keys, [current]: newKey(randomBytes) } }, vault);
}

/** @throws UnsuitableKeyRing where there is none */
export async function readKeyRing(name: string, vault: SecretVault): Promise<PseudonymKeyRing> {
  const secret = await vault.read(name);
  if (secret === null) throw new UnsuitableKeyRing('there is no key ring yet: create it');
  return parseKeyRing(secret);
}

async function written(name: string, ring: PseudonymKeyRing, vault: SecretVault) {
  await vault.write(name, JSON.stringify(ring));
  return ring;
}

const newKey = (randomBytes: RingDeps['randomBytes']) =>
  Buffer.from(randomBytes(32)).toString('hex');
