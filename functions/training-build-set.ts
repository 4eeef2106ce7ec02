import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { buildRunSet } from '../shared/domain/training-run/steps.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { trainingRun } from '../shared/schemas/training-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string(), SHOP_TIME_ZONE: z.string() });

/** Replays the lake into the rows that the run learns from. */
export const handler = stepHandler(environment, z.object({ run: trainingRun }), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  return ({ run }) => buildRunSet(run, names.SHOP_TIME_ZONE, lake);
});
