import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { packForests } from '../shared/domain/clv-publication/hosted-forests.ts';
import { openClvVersion } from '../shared/domain/clv-publication/plan-scoring.ts';
import { scoringPlan } from '../shared/domain/clv-publication/scoring-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({ MODELS_BUCKET: z.string(), LAKE_BUCKET: z.string() });

/** Packs the forests of a run's model for the batch transform. */
export const handler = stepHandler(
  environment,
  z.object({ plan: scoringPlan }),
  ({ MODELS_BUCKET, LAKE_BUCKET }) => {
    const models = openObjectStore(MODELS_BUCKET);
    const lake = openObjectStore(LAKE_BUCKET);
    return async ({ plan }) =>
      packForests(plan, await openClvVersion(plan.model_version, models), LAKE_BUCKET, lake);
  },
);
