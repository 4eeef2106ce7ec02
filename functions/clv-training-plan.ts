import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openObjectStore } from '#adapters/object-store';
import { openOnlineStore } from '#adapters/online-store';
import project from '../package.json' with { type: 'json' };
import { planTraining } from '../shared/domain/clv-training-run/plan-training.ts';
import { clvTrainingRequest } from '../shared/domain/clv-training-run/training-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({
  ONLINE_TABLE: z.string(),
  MODELS_BUCKET: z.string(),
  LAKE_BUCKET: z.string(),
});

/** Names a run of `clv-training` and settles what it does; its map goes over the numbers of chunks. */
export const handler = stepHandler(environment, clvTrainingRequest, (names) => {
  const deps = {
    models: openObjectStore(names.MODELS_BUCKET),
    store: openOnlineStore(names.ONLINE_TABLE),
    lake: openObjectStore(names.LAKE_BUCKET),
    clock: openClock(),
    codeVersion: project.version,
  };
  return async (request) => {
    const plan = await planTraining(request, deps);
    return { plan, chunks: Array.from({ length: plan.chunks }, (_, chunk) => chunk) };
  };
});
