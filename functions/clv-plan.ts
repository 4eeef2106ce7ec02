import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openObjectStore } from '#adapters/object-store';
import { openOnlineStore } from '#adapters/online-store';
import { planScoring } from '../shared/domain/clv-publication/plan-scoring.ts';
import { scoringRequest } from '../shared/domain/clv-publication/scoring-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({
  ONLINE_TABLE: z.string(),
  MODELS_BUCKET: z.string(),
  LAKE_BUCKET: z.string(),
});

/** Settles what a run of `clv-scoring` does; its maps go over the numbers of chunks and parts. */
export const handler = stepHandler(environment, scoringRequest, (names) => {
  const deps = {
    models: openObjectStore(names.MODELS_BUCKET),
    store: openOnlineStore(names.ONLINE_TABLE),
    lake: openObjectStore(names.LAKE_BUCKET),
    clock: openClock(),
  };
  return async (request) => {
    const plan = await planScoring(request, deps);
    const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
    return { plan, chunks: numbers(plan.chunks), parts: numbers(plan.parts) };
  };
});
