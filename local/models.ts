import { openModelRegistry } from '#adapters/model-registry';
import { openObjectStore } from '#adapters/object-store';
import type { ModelStores } from '../shared/domain/publish-model.ts';
import { resourceNamed } from './environment.ts';

/** The name in resources/tables.yml: no function reads the registry's table yet. */
const MODELS_TABLE = 'ModelsTable';

/** Where registered versions are kept. In the environment of `useEnvironment`. */
export function openModels(): ModelStores {
  return {
    files: openObjectStore(resourceNamed('MODELS_BUCKET')),
    registry: openModelRegistry(MODELS_TABLE),
  };
}
