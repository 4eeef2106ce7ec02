import { beforeAll, describe, expect, test } from 'vitest';
import type { SecretStore, SecretVault } from '../../shared/ports.ts';

/** The vault under test, the store in which functions read it, and a name without a value. */
export interface OpenedSecretVault {
  readonly vault: SecretVault;
  readonly store: SecretStore;
  readonly name: string;
}

/** What every secret vault promises. */
export function secretVaultContract(open: () => OpenedSecretVault): void {
  describe('secret vault', () => {
    let opened: OpenedSecretVault;

    beforeAll(() => {
      opened = open();
    });

    test('answers null before the first write, then what was written last', async () => {
      const { vault, store, name } = opened;
      expect(await vault.read(name)).toBeNull();
      for (const value of ['first', 'second']) {
        await vault.write(name, value);
        expect(await vault.read(name)).toBe(value);
        expect(await store.read(name)).toBe(value);
      }
    });
  });
}
