import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { checkRun } from '../shared/domain/clv-publication/publication.ts';
import { scoringPlan } from '../shared/domain/clv-publication/scoring-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({ LAKE_BUCKET: z.string() });

/** Holds a run's scores against the base and the week before: `ScoresHalted` ends the run. */
export const handler = stepHandler(
  environment,
  z.object({ plan: scoringPlan }),
  ({ LAKE_BUCKET }) => {
    const lake = openObjectStore(LAKE_BUCKET);
    return async ({ plan }) => ({ checks: (await checkRun(plan, lake)).findings });
  },
);
