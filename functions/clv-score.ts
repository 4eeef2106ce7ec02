import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { withPredictions } from '../shared/domain/clv-publication/hosted-forests.ts';
import { openClvVersion } from '../shared/domain/clv-publication/plan-scoring.ts';
import { scorePart } from '../shared/domain/clv-publication/score-part.ts';
import { scoringPlan } from '../shared/domain/clv-publication/scoring-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({ MODELS_BUCKET: z.string(), LAKE_BUCKET: z.string() });
const input = z.object({ plan: scoringPlan, part: z.number().int().min(0) });

/** Scores the customers of a part, by this process's forests or by what a batch transform said. */
export const handler = stepHandler(environment, input, ({ MODELS_BUCKET, LAKE_BUCKET }) => {
  const models = openObjectStore(MODELS_BUCKET);
  const lake = openObjectStore(LAKE_BUCKET);
  return async ({ plan, part }) => {
    const model = await openClvVersion(plan.model_version, models);
    const scorer =
      plan.scorer === 'sagemaker' ? await withPredictions(plan, part, model, lake) : model;
    await scorePart(plan, part, scorer, lake);
    return { part };
  };
});
