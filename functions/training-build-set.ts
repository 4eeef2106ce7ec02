import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { buildRunSet } from '../shared/domain/training-run/steps.ts';
import { taskHandler } from '../shared/runtime/task-handler.ts';
import { trainingRun } from '../shared/schemas/training-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string(), SHOP_TIME_ZONE: z.string() });

/** Replays the lake into the rows that the run learns from. */
export const handler = taskHandler(environment, z.object({ run: trainingRun }), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  return ({ run }) => buildRunSet(run, names.SHOP_TIME_ZONE, lake);
});
