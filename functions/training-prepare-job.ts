import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { prepareJob } from '../shared/domain/training-run/steps.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { trainingRun } from '../shared/schemas/training-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string() });

/** Writes the channels of a training or tuning job of SageMaker. */
export const handler = stepHandler(environment, z.object({ run: trainingRun }), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  return ({ run }) => prepareJob(run, names.LAKE_BUCKET, lake);
});
