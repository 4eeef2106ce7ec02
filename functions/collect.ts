import { setTimeout as sleep } from 'node:timers/promises';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { openReceiveTime } from '#adapters/clock';
import { openEventStream } from '#adapters/event-stream';
import { openSecretStore } from '#adapters/secret-store';
import { collect } from '../shared/domain/collect.ts';
import { parseKeyRing } from '../shared/domain/identity.ts';
import { bodyText, httpHandler, jsonResponse } from '../shared/runtime/http-handler.ts';
import { metrics } from '../shared/runtime/observability.ts';

const environment = z.object({ RAW_STREAM: z.string(), PSEUDONYM_SECRET: z.string() });

export const handler = httpHandler(environment, async ({ RAW_STREAM, PSEUDONYM_SECRET }) => {
  const deps = {
    stream: openEventStream(RAW_STREAM),
    receiveTime: openReceiveTime(),
    keyRing: parseKeyRing(await openSecretStore().read(PSEUDONYM_SECRET)),
    retry: { attempts: 4, baseDelay: 50, random: Math.random, sleep },
  };
  return async (event) => {
    const request = {
      body: bodyText(event),
      requestId: event.requestContext.requestId,
      idempotencyKey: event.headers['idempotency-key'] ?? null,
      userAgent: event.headers['user-agent'] ?? null,
      sourceIp: event.requestContext.http.sourceIp,
      country: event.headers['cloudfront-viewer-country'] ?? null,
    };
    const answer = await collect(request, deps);
    metrics.addMetric('EventsAccepted', MetricUnit.Count, answer.accepted);
    metrics.addMetric('EventsRefused', MetricUnit.Count, answer.refused);
    return jsonResponse(202, answer);
  };
});
