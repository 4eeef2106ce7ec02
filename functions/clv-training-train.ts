import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { trainRun } from '../shared/domain/clv-training-run/train-run.ts';
import { clvTrainingPlan } from '../shared/domain/clv-training-run/training-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({ MODELS_BUCKET: z.string(), LAKE_BUCKET: z.string() });
const input = z.object({ plan: clvTrainingPlan });

/** Trains on the gathered orders, measures on later days and puts the version through its gates. */
export const handler = stepHandler(environment, input, ({ MODELS_BUCKET, LAKE_BUCKET }) => {
  const models = openObjectStore(MODELS_BUCKET);
  const lake = openObjectStore(LAKE_BUCKET);
  return ({ plan }) => trainRun(plan, lake, models);
});
