import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openDeadLetterQueue } from '#adapters/dead-letter-queue';
import { openNotices } from '#adapters/notices';
import { openObjectStore } from '#adapters/object-store';
import { openStreamReader } from '#adapters/stream-reader';
import { keepDeadLetters } from '../shared/domain/dead-letters.ts';
import { logger, metrics } from '../shared/runtime/observability.ts';
import { scheduleHandler } from '../shared/runtime/schedule-handler.ts';

const environment = z.object({
  RAW_STREAM: z.string(),
  ENRICHED_STREAM: z.string(),
  ENRICH_DEAD_LETTERS: z.string(),
  UPDATE_FEATURES_DEAD_LETTERS: z.string(),
  LAKE_BUCKET: z.string(),
  MEDIUM_NOTICES: z.string(),
});

/** Saves what consumers gave up on before the stream forgets it. */
export const handler = scheduleHandler(environment, (names) => {
  const consumers = [
    ['enrich', names.ENRICH_DEAD_LETTERS, names.RAW_STREAM],
    ['update-features', names.UPDATE_FEATURES_DEAD_LETTERS, names.ENRICHED_STREAM],
  ] as const;
  const watched = consumers.map(([consumer, queue, stream]) => ({
    consumer,
    queue: openDeadLetterQueue(queue),
    stream: openStreamReader(stream),
  }));
  const deps = {
    lake: openObjectStore(names.LAKE_BUCKET),
    notices: openNotices({ medium: names.MEDIUM_NOTICES }),
    clock: openClock(),
  };
  return async () => {
    const { kept, errors } = await keepDeadLetters(watched, deps);
    for (const error of errors) logger.error('a dead letter waits in its queue', error);
    metrics.addMetric('DeadLetters', MetricUnit.Count, kept.length);
    metrics.addMetric('DeadLettersNotKept', MetricUnit.Count, errors.length);
  };
});
