import { openModelRegistry } from '../../shared/embedded/model-registry.ts';
import { modelRegistryContract } from '../contracts/model-registry.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

freshDataDirectory();

modelRegistryContract(() => openModelRegistry('Contract'));
