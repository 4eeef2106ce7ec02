import { openSecretStore } from '../../shared/aws/secret-store.ts';
import { openSecretVault } from '../../shared/aws/secret-vault.ts';
import { secretVaultContract } from '../contracts/secret-vault.ts';
import { failure, withStubService } from './stub-service.ts';

const secrets = withStubService('SECRETS_MANAGER');

/** A secret that the stack has made without a value, in the service's own answers. */
secretVaultContract(() => {
  let value: string | null = null;
  secrets.answer = ({ target, body }) => {
    const { SecretId, SecretString } = body as { SecretId: string; SecretString?: string };
    if (SecretId !== 'pseudonyms') return failure('ResourceNotFoundException');
    if (target === 'secretsmanager.PutSecretValue') {
      value = SecretString ?? null;
      return { body: { Name: SecretId } };
    }
    if (target !== 'secretsmanager.GetSecretValue') return failure('InvalidRequestException');
    return value === null
      ? failure('ResourceNotFoundException')
      : { body: { Name: SecretId, SecretString: value } };
  };
  return { vault: openSecretVault(), store: openSecretStore(), name: 'pseudonyms' };
});
