import { describe, expect, test } from 'vitest';
import { pseudonymise } from '../../shared/domain/identity.ts';
import { createKeyRing, readKeyRing, rotateKeyRing } from '../../shared/domain/key-ring.ts';
import type { SecretVault } from '../../shared/ports.ts';

function openMemory() {
  const secrets = new Map<string, string>();
  const vault: SecretVault = {
    read: async (name) => secrets.get(name) ?? null,
    write: async (name, value) => void secrets.set(name, value),
  };
  let made = 0;
  return { vault, randomBytes: (length: number) => new Uint8Array(length).fill(++made) };
}

describe('key ring', () => {
  test('a rotation names new pseudonyms by another key and keeps the old one', async () => {
    const memory = openMemory();
    const first = await createKeyRing('ring', memory);
    const before = pseudonymise(first, 'anna');
    await rotateKeyRing('ring', memory);
    const third = await rotateKeyRing('ring', memory);
    expect(await readKeyRing('ring', memory.vault)).toEqual(third);
    expect(Object.keys(third.keys)).toEqual(['k1', 'k2', 'k3']);
    expect(pseudonymise(third, 'anna')).toMatch(/^k3_/);
    expect(pseudonymise({ ...third, current: 'k1' }, 'anna')).toBe(before);
    expect(new Set(Object.values(third.keys)).size).toBe(3);
  });

  test('a ring that exists is never replaced', async () => {
    const memory = openMemory();
    const ring = await createKeyRing('ring', memory);
    await expect(createKeyRing('ring', memory)).rejects.toMatchObject({
      name: 'UnsuitableKeyRing',
    });
    expect(await readKeyRing('ring', memory.vault)).toEqual(ring);
  });

  test('there is nothing to rotate before the first ring', async () => {
    await expect(rotateKeyRing('ring', openMemory())).rejects.toMatchObject({
      name: 'UnsuitableKeyRing',
    });
  });
});
