import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { StoreUnavailable } from '../errors.ts';
import type { SecretStore } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** Secrets Manager; a name may be an ARN. */
export function openSecretStore(): SecretStore {
  const client = new SecretsManagerClient(callLimits({ attemptMs: 2000, attempts: 3 }));
  return {
    read: (name) =>
      call(`GetSecretValue of ${name}`, StoreUnavailable, async () => {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
        if (SecretString === undefined) throw new Error('the secret holds bytes, not text');
        return SecretString;
      }),
  };
}
