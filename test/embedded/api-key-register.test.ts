import { openApiKeyRegister } from '../../shared/embedded/api-key-register.ts';
import { openApiKeyStore } from '../../shared/embedded/api-key-store.ts';
import { apiKeyRegisterContract } from '../contracts/api-key-register.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

freshDataDirectory();

apiKeyRegisterContract(() => ({
  register: openApiKeyRegister('Contract'),
  store: openApiKeyStore('Contract'),
}));
