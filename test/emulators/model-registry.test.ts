import { openModelRegistry } from '../../shared/aws/model-registry.ts';
import { modelRegistryContract } from '../contracts/model-registry.ts';
import { withTable } from './dynamodb.ts';

withTable('ModelsTable');
modelRegistryContract(() => openModelRegistry('ModelsTable'));
