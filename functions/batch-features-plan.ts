import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openObjectStore } from '#adapters/object-store';
import { planRun } from '../shared/domain/batch-features-run/plan-run.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { batchFeaturesRequest } from '../shared/schemas/batch-features-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string() });

/** Says which days of silver are still to be made for the snapshots of a date. */
export const handler = stepHandler(environment, batchFeaturesRequest, (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  const clock = openClock();
  return (request) => planRun(request, lake, clock.now());
});
