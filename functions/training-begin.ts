import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openObjectStore } from '#adapters/object-store';
import { openOnlineStore } from '#adapters/online-store';
import project from '../package.json' with { type: 'json' };
import { readRouting } from '../shared/domain/publish-model.ts';
import { beginRun } from '../shared/domain/training-run/begin-run.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({ LAKE_BUCKET: z.string(), ONLINE_TABLE: z.string() });

/** Names the run and fixes what it does. */
export const handler = stepHandler(environment, z.unknown(), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  const online = openOnlineStore(names.ONLINE_TABLE);
  const clock = openClock();
  return async (request) => {
    const routing = await readRouting('propensity', online);
    const champion = routing?.champion ?? null;
    return beginRun(request, { now: clock.now(), codeVersion: project.version, champion }, lake);
  };
});
