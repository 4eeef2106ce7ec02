import * as z from 'zod';
import { openModelRegistry } from '#adapters/model-registry';
import { openObjectStore } from '#adapters/object-store';
import { readChampion } from '../shared/domain/publish-model.ts';
import { judgeRun } from '../shared/domain/training-run/steps.ts';
import { definitionDigests } from '../shared/features/catalogue.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { trainingRun } from '../shared/schemas/training-run.ts';

const environment = z.object({
  LAKE_BUCKET: z.string(),
  MODELS_BUCKET: z.string(),
  MODELS_TABLE: z.string(),
  SHOP_TIME_ZONE: z.string(),
});

/** Measures what was fitted beside the champion, and puts it through the gates. */
export const handler = stepHandler(environment, z.object({ run: trainingRun }), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  const stores = {
    files: openObjectStore(names.MODELS_BUCKET),
    registry: openModelRegistry(names.MODELS_TABLE),
  };
  return ({ run }) =>
    judgeRun(run, {
      lake,
      timeZone: names.SHOP_TIME_ZONE,
      stopwatch: () => performance.now(),
      champion: async () =>
        run.champion === null
          ? null
          : readChampion('propensity', run.champion, definitionDigests(), stores),
    });
});
