import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { StoreUnavailable } from '../errors.ts';
import type { SecretVault } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** Secrets Manager; a name may be an ARN. The secret itself is the stack's to make. */
export function openSecretVault(): SecretVault {
  const client = new SecretsManagerClient(callLimits({ attemptMs: 3000, attempts: 3 }));
  return {
    read: (name) =>
      call(`GetSecretValue of ${name}`, StoreUnavailable, async () => {
        try {
          const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
          return SecretString ?? null;
        } catch (error) {
          // Also the answer for a secret that has no value yet.
          if (error instanceof ResourceNotFoundException) return null;
          throw error;
        }
      }),
    async write(name, value) {
      const command = new PutSecretValueCommand({ SecretId: name, SecretString: value });
      await call(`PutSecretValue of ${name}`, StoreUnavailable, () => client.send(command));
    },
  };
}
