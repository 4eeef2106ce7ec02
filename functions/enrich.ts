import { setTimeout as sleep } from 'node:timers/promises';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openCountryLookup } from '#adapters/country-lookup';
import { openDeliveryStream } from '#adapters/delivery-stream';
import { openEventStream } from '#adapters/event-stream';
import { rememberingAgents } from '../shared/domain/device.ts';
import { enrichBatch } from '../shared/domain/enrich-batch.ts';
import { metrics } from '../shared/runtime/observability.ts';
import { streamHandler } from '../shared/runtime/stream-handler.ts';

const environment = z.object({ ENRICHED_STREAM: z.string(), BAD_ROWS_DELIVERY_STREAM: z.string() });

export const handler = streamHandler(environment, async (names) => {
  const countries = await openCountryLookup();
  const clock = openClock();
  const deps = {
    enrichedEvents: openEventStream(names.ENRICHED_STREAM),
    badRows: openDeliveryStream(names.BAD_ROWS_DELIVERY_STREAM),
    rules: { country: (ip: string) => countries.country(ip), agent: rememberingAgents(1000) },
    retry: { attempts: 4, baseDelay: 100, random: Math.random, sleep },
    now: () => clock.now(),
  };
  return async (records) => {
    const outcome = await enrichBatch(records, deps);
    metrics.addMetric('EventsEnriched', MetricUnit.Count, outcome.enriched);
    metrics.addMetric('EventsRejected', MetricUnit.Count, outcome.rejected);
    metrics.addMetric('BotEvents', MetricUnit.Count, outcome.bots);
    return outcome.failed;
  };
});
