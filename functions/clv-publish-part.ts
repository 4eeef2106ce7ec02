import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { openOnlineStore } from '#adapters/online-store';
import { publishPart } from '../shared/domain/clv-publication/publish-part.ts';
import { scoringPlan } from '../shared/domain/clv-publication/scoring-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({ ONLINE_TABLE: z.string(), LAKE_BUCKET: z.string() });
const input = z.object({ plan: scoringPlan, part: z.number().int().min(0) });

/** Writes the files and online items of a part. */
export const handler = stepHandler(environment, input, ({ ONLINE_TABLE, LAKE_BUCKET }) => {
  const deps = {
    store: openOnlineStore(ONLINE_TABLE),
    lake: openObjectStore(LAKE_BUCKET),
    retry: { attempts: 6, baseDelay: 100, random: Math.random, sleep },
  };
  return async ({ plan, part }) => ({ part, ...(await publishPart(plan, part, deps)) });
});
