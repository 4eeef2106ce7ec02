import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';

/** Keys of the pseudonyms: `current` signs, the others still name pseudonyms made before it. */
const pseudonymKeyRing = z.strictObject({
  current: z.string().regex(/^[a-z0-9]{1,8}$/),
  keys: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});
export type PseudonymKeyRing = z.infer<typeof pseudonymKeyRing>;

const PSEUDONYM_CHARACTERS = 22; // 132 bits of the HMAC: collisions are out of reach

/**
 * Keyed HMAC-SHA-256 of a personal identifier, with the key's id as prefix: `k1_…`. Equal ids give
 * equal pseudonyms under one key; without the key nothing can be read back or tried.
 */
export function pseudonymise(ring: PseudonymKeyRing, id: string): string {
  const digest = createHmac('sha256', currentKey(ring)).update(id, 'utf8').digest('base64url');
  return `${ring.current}_${digest.slice(0, PSEUDONYM_CHARACTERS)}`;
}

/** Node 24 takes 25 µs to make a key of bytes, ten times the HMAC itself. */
const currentKeys = new WeakMap<PseudonymKeyRing, KeyObject>();

function currentKey(ring: PseudonymKeyRing): KeyObject {
  let key = currentKeys.get(ring);
  if (key === undefined) {
    const hex = ring.keys[ring.current];
    if (hex === undefined) throw new RangeError(`key ring has no key ${ring.current}`);
    key = createSecretKey(Buffer.from(hex, 'hex'));
    currentKeys.set(ring, key);
  }
  return key;
}

/** Parses the secret that holds the ring. */
export function parseKeyRing(secret: string): PseudonymKeyRing {
  return pseudonymKeyRing.parse(JSON.parse(secret));
}

/**
 * The network of an address: /24 of IPv4 (`203.0.113.0`), /48 of IPv6 (`2001:db8:1::`); null for
 * what is not an address.
 */
export function networkPrefix(ip: string): string | null {
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.\d{1,3}$/.exec(ip);
  if (v4) return `${v4[1]}.${v4[2]}.${v4[3]}.0`;
  if (!/^[0-9a-f:]+$/i.test(ip) || !ip.includes(':')) return null;
  const [head = '', tail] = ip.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  if (groups.length !== 8) return null;
  return `${groups.slice(0, 3).join(':')}::`;
}
