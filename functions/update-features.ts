import { setTimeout as sleep } from 'node:timers/promises';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { openOnlineStore } from '#adapters/online-store';
import { updateFeatures } from '../shared/domain/update-features.ts';
import { logger, metrics } from '../shared/runtime/observability.ts';
import { streamHandler } from '../shared/runtime/stream-handler.ts';

const environment = z.object({ ONLINE_TABLE: z.string() });

export const handler = streamHandler(environment, ({ ONLINE_TABLE }) => {
  const deps = {
    store: openOnlineStore(ONLINE_TABLE),
    retry: { attempts: 5, baseDelay: 20, random: Math.random, sleep },
  };
  return async (records) => {
    const { failed, errors, counts } = await updateFeatures(records, deps);
    for (const error of errors) logger.error('not applied', error);
    metrics.addMetric('EventsProcessed', MetricUnit.Count, counts.processed);
    metrics.addMetric('EventsLate', MetricUnit.Count, counts.late);
    metrics.addMetric('EventsDuplicate', MetricUnit.Count, counts.duplicate);
    metrics.addMetric('EventsRedelivered', MetricUnit.Count, counts.redelivered);
    metrics.addMetric('EventsOutOfOrder', MetricUnit.Count, counts.outOfOrder);
    metrics.addMetric('RecordsUndecodable', MetricUnit.Count, counts.undecodable);
    metrics.addMetric('WriteConflicts', MetricUnit.Count, counts.conflicts);
    return failed;
  };
});
