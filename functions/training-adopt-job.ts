import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { adoptJob } from '../shared/domain/training-run/steps.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { trainingRun } from '../shared/schemas/training-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string() });

const finished = z.object({
  run: trainingRun,
  artifact: z.string(),
  metrics: z.array(z.object({ MetricName: z.string(), Value: z.number() })),
});

/** Converts what a job has left, and checks it by what the job reported. */
export const handler = stepHandler(environment, finished, (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  return ({ run, artifact, metrics }) => adoptJob(run, artifact, metrics, lake);
});
