import { createHash } from 'node:crypto';

/** Namespace of the door's ids: any fixed UUID serves. */
const NAMESPACE = Buffer.from('5b0e6f0c2d1f4e0b9a3c7d21f6a4c8e9', 'hex');

/** A UUID of version 5 (RFC 9562): equal names give equal ids, with nothing stored. */
export function nameBasedId(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name, 'utf8').digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
