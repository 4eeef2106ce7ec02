import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { exported } from '../shared/schemas/batch-features-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string() });

/** The files that Athena has unloaded. */
export const handler = stepHandler(environment, exported, (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  return async ({ prefix }) => {
    const keys: string[] = [];
    for await (const key of lake.list(prefix)) keys.push(key);
    return { keys };
  };
});
