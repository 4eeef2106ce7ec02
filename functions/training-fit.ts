import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { fitRun } from '../shared/domain/training-run/steps.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { trainingRun } from '../shared/schemas/training-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string() });

/** Fits the models in the function itself. */
export const handler = stepHandler(environment, z.object({ run: trainingRun }), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  return ({ run }) => fitRun(run, lake);
});
