import * as z from 'zod';
import { openModelRegistry } from '#adapters/model-registry';
import { openObjectStore } from '#adapters/object-store';
import { registerRun } from '../shared/domain/clv-training-run/train-run.ts';
import { clvTrainingPlan } from '../shared/domain/clv-training-run/training-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({
  LAKE_BUCKET: z.string(),
  MODELS_BUCKET: z.string(),
  MODELS_TABLE: z.string(),
});

/** Registers the run's version. Nobody is valued by it until it is promoted. */
export const handler = stepHandler(environment, z.object({ plan: clvTrainingPlan }), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  const stores = {
    files: openObjectStore(names.MODELS_BUCKET),
    registry: openModelRegistry(names.MODELS_TABLE),
  };
  return ({ plan }) => registerRun(plan, lake, stores);
});
