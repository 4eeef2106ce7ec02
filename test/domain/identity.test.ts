import { describe, expect, test } from 'vitest';
import { networkPrefix, parseKeyRing, pseudonymise } from '../../shared/domain/identity.ts';

const ring = { current: 'k2', keys: { k1: '00'.repeat(32), k2: '11'.repeat(32) } };

describe('pseudonyms', () => {
  test('are stable, carry the id of their key, and differ by key', () => {
    expect(pseudonymise(ring, 'ann')).toBe(pseudonymise(ring, 'ann'));
    expect(pseudonymise(ring, 'ann')).toMatch(/^k2_[\w-]{22}$/);
    expect(pseudonymise({ ...ring, current: 'k1' }, 'ann').slice(3)).not.toBe(
      pseudonymise(ring, 'ann').slice(3),
    );
  });

  test('a ring without its current key is refused', () => {
    expect(() => pseudonymise({ current: 'k9', keys: ring.keys }, 'ann')).toThrow(/k9/);
    expect(() => parseKeyRing('{"current":"k1"}')).toThrow();
  });
});

test.each([
  ['203.0.113.77', '203.0.113.0'],
  ['::ffff:203.0.113.77', '203.0.113.0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
  ['2001:db8::1', '2001:db8:0::'],
  ['::1', '0:0:0::'],
  ['unix', null],
  ['', null],
])('the network of %s is %s', (ip, expected) => {
  expect(networkPrefix(ip)).toBe(expected);
});
