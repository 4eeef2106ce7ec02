import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { validateRun } from '../shared/domain/training-run/steps.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { trainingRun } from '../shared/schemas/training-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string() });

/** Halts the run where its data are not fit to train on. */
export const handler = stepHandler(environment, z.object({ run: trainingRun }), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  return ({ run }) => validateRun(run, lake);
});
