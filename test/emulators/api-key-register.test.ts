import { openApiKeyRegister } from '../../shared/aws/api-key-register.ts';
import { openApiKeyStore } from '../../shared/aws/api-key-store.ts';
import { apiKeyRegisterContract } from '../contracts/api-key-register.ts';
import { withTables } from './dynamodb.ts';

withTables('ApiKeysTable');
apiKeyRegisterContract(() => ({
  register: openApiKeyRegister('ApiKeysTable'),
  store: openApiKeyStore('ApiKeysTable'),
}));
