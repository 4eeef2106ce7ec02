import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { openOnlineStore } from '#adapters/online-store';
import { exportedRows } from '../shared/domain/batch-features-run/exported-rows.ts';
import { loadSnapshot } from '../shared/domain/feature-snapshot.ts';
import { NotEnoughData, StoreUnavailable } from '../shared/errors.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { part } from '../shared/schemas/batch-features-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string(), ONLINE_TABLE: z.string() });

const RETRY = { attempts: 6, baseDelay: 50, random: Math.random, sleep };

/** Writes one part of a snapshot to the online items; again, it changes nothing. */
export const handler = stepHandler(environment, part, (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  const online = openOnlineStore(names.ONLINE_TABLE);
  return async ({ entity, date, key }) => {
    const body = await lake.get(key);
    if (body === null) throw new NotEnoughData(`there is no ${key}: unload the snapshot again`);
    const rows = exportedRows(entity, key, gunzipSync(body).toString('utf8'));
    const summary = await loadSnapshot({ entity, date }, rows, online, RETRY);
    if (summary.failed > 0)
      throw new StoreUnavailable(`${summary.failed} items of ${key} were not written`);
    return summary;
  };
});
