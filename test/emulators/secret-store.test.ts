import { openSecretStore } from '../../shared/aws/secret-store.ts';
import { secretStoreContract } from '../contracts/secret-store.ts';
import { failure, withStubService } from './stub-service.ts';

const secrets = withStubService('SECRETS_MANAGER');

secretStoreContract(() => {
  secrets.answer = ({ target, scope, body }) => {
    const { SecretId } = body as { SecretId: string };
    if (target !== 'secretsmanager.GetSecretValue' || scope !== 'us-east-1/secretsmanager')
      return failure('InvalidRequestException');
    return SecretId === 'pseudonyms'
      ? { body: { Name: SecretId, SecretString: '{"current":"k1"}' } }
      : failure('ResourceNotFoundException');
  };
  return { store: openSecretStore(), name: 'pseudonyms', value: '{"current":"k1"}' };
});
