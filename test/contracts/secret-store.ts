import { beforeAll, describe, expect, test } from 'vitest';
import type { SecretStore } from '../../shared/ports.ts';

/** The store under test with the name of a secret that exists, and its value. */
export interface OpenedSecretStore {
  readonly store: SecretStore;
  readonly name: string;
  readonly value: string;
}

/** What every secret store promises. */
export function secretStoreContract(
  open: () => OpenedSecretStore | Promise<OpenedSecretStore>,
): void {
  describe('secret store', () => {
    let opened: OpenedSecretStore;

    beforeAll(async () => {
      opened = await open();
    });

    test('answers the secret, the same each time', async () => {
      expect(await opened.store.read(opened.name)).toBe(opened.value);
      expect(await opened.store.read(opened.name)).toBe(opened.value);
    });

    test('rejects a secret that does not exist, naming it', async () => {
      await expect(opened.store.read('no-such-secret')).rejects.toMatchObject({
        name: 'StoreUnavailable',
        message: expect.stringContaining('no-such-secret'),
      });
    });
  });
}
