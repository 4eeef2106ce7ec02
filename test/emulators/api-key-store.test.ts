import { openApiKeyStore } from '../../shared/aws/api-key-store.ts';
import { apiKeyStoreContract } from '../contracts/api-key-store.ts';
import { addApiKey, withTables } from './dynamodb.ts';

withTables('ApiKeysTable');
apiKeyStoreContract(() => ({ store: openApiKeyStore('ApiKeysTable'), add: addApiKey }));
