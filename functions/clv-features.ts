import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { writeFeatures } from '../shared/domain/clv-publication/hosted-forests.ts';
import { openClvVersion } from '../shared/domain/clv-publication/plan-scoring.ts';
import { scoringPlan } from '../shared/domain/clv-publication/scoring-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({ MODELS_BUCKET: z.string(), LAKE_BUCKET: z.string() });
const input = z.object({ plan: scoringPlan, part: z.number().int().min(0) });

/** Writes the rows of a part for the batch transform. */
export const handler = stepHandler(environment, input, ({ MODELS_BUCKET, LAKE_BUCKET }) => {
  const models = openObjectStore(MODELS_BUCKET);
  const lake = openObjectStore(LAKE_BUCKET);
  return async ({ plan, part }) => {
    await writeFeatures(plan, part, await openClvVersion(plan.model_version, models), lake);
    return { part };
  };
});
