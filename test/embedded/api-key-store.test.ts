import { openApiKeyRegister } from '../../shared/embedded/api-key-register.ts';
import { openApiKeyStore } from '../../shared/embedded/api-key-store.ts';
import { apiKeyStoreContract } from '../contracts/api-key-store.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

freshDataDirectory();

apiKeyStoreContract(() => {
  const store = openApiKeyStore('Contract');
  const register = openApiKeyRegister('Contract');
  return { store, add: (digest, record) => register.put({ digest, ...record }) };
});
