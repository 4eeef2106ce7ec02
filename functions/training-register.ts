import * as z from 'zod';
import { openModelRegistry } from '#adapters/model-registry';
import { openObjectStore } from '#adapters/object-store';
import { registerRun } from '../shared/domain/training-run/steps.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { trainingRun } from '../shared/schemas/training-run.ts';

const environment = z.object({
  LAKE_BUCKET: z.string(),
  MODELS_BUCKET: z.string(),
  MODELS_TABLE: z.string(),
});

/** Registers the run's version. Nothing changes for shoppers. */
export const handler = stepHandler(environment, z.object({ run: trainingRun }), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  const stores = {
    files: openObjectStore(names.MODELS_BUCKET),
    registry: openModelRegistry(names.MODELS_TABLE),
  };
  return ({ run }) => registerRun(run, lake, stores);
});
