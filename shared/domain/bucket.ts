import { createHash } from 'node:crypto';

export const BUCKETS = 10_000;

/**
 * One of 10,000 buckets by SHA-256 of `salt:unit`. The first 48 bits decide: the bias of the
 * remainder is below 1e-10.
 */
export function bucket(salt: string, unit: string): number {
  return createHash('sha256').update(`${salt}:${unit}`, 'utf8').digest().readUIntBE(0, 6) % BUCKETS;
}
