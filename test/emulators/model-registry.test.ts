import { openModelRegistry } from '../../shared/aws/model-registry.ts';
import { modelRegistryContract } from '../contracts/model-registry.ts';
import { withTables } from './dynamodb.ts';

withTables('ModelsTable');
modelRegistryContract(() => openModelRegistry('ModelsTable'));
