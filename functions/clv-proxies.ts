import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { openEventBus } from '#adapters/event-bus';
import { openNotices } from '#adapters/notices';
import { openObjectStore } from '#adapters/object-store';
import { measureOutcomes } from '../shared/domain/clv-publication/measure-outcomes.ts';
import { readCurrent } from '../shared/domain/clv-publication/publication.ts';
import { tellDrops } from '../shared/domain/clv-publication/tell-drops.ts';
import { metrics } from '../shared/runtime/observability.ts';
import { scheduleHandler } from '../shared/runtime/schedule-handler.ts';

const environment = z.object({
  LAKE_BUCKET: z.string(),
  MODELS_BUCKET: z.string(),
  MEDIUM_NOTICES: z.string(),
  EVENT_BUS: z.string(),
});

/** Holds earlier predictions against what was bought since: a drop asks for a new training. */
export const handler = scheduleHandler(environment, (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  const models = openObjectStore(names.MODELS_BUCKET);
  const tell = {
    bus: openEventBus(names.EVENT_BUS),
    notices: openNotices({ medium: names.MEDIUM_NOTICES }),
  };
  return async () => {
    const current = await readCurrent(lake);
    if (current === null) return;
    const { measured, drops } = await measureOutcomes(current, lake, models);
    metrics.addMetric('ClvOutcomesMeasured', MetricUnit.Count, measured.length);
    await tellDrops(drops, tell);
  };
});
