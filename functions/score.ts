import { randomFillSync } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openDeliveryStream } from '#adapters/delivery-stream';
import { openModelEndpoint } from '#adapters/model-endpoint';
import { openObjectReader } from '#adapters/object-reader';
import { openOnlineStore } from '#adapters/online-store';
import { openSecretStore } from '#adapters/secret-store';
import { defaultPolicy } from '../shared/domain/default-policy.ts';
import { EndpointBackend } from '../shared/domain/endpoint-backend.ts';
import { parseKeyRing } from '../shared/domain/identity.ts';
import { ModelPool } from '../shared/domain/model-pool.ts';
import { Scorer } from '../shared/domain/score.ts';
import { definitionDigests } from '../shared/features/catalogue.ts';
import { failureReport } from '../shared/runtime/failure-report.ts';
import { bodyText, httpHandler, jsonResponse } from '../shared/runtime/http-handler.ts';
import { metrics, openMetrics } from '../shared/runtime/observability.ts';
import { ScoreTally } from '../shared/runtime/score-tally.ts';
import { startDeadline } from '../shared/runtime/start-deadline.ts';

const environment = z.object({
  ONLINE_TABLE: z.string(),
  MODELS_BUCKET: z.string(),
  DECISIONS_DELIVERY_STREAM: z.string(),
  PSEUDONYM_SECRET: z.string(),
  SHOP_TIME_ZONE: z.string(),
  SCORE_DEADLINE_MS: z.coerce.number().int().min(1).max(10_000),
  SCORING_BACKEND: z.enum(['process', 'endpoint']),
  SCORING_ENDPOINT: z.string(),
  SCORING_ENDPOINT_MS: z.coerce.number().int().min(1).max(10_000),
});

export const handler = httpHandler(environment, async (settings) => {
  const clock = openClock();
  const definitions = definitionDigests();
  const report = failureReport(() => clock.now());
  const endpoint = new EndpointBackend({
    endpoint: openModelEndpoint(settings.SCORING_ENDPOINT),
    clock,
    rules: { failures: 5, openMs: 10_000 },
    deadline: () => startDeadline(settings.SCORING_ENDPOINT_MS),
    report,
    fellBack: () => metrics.addMetric('ScoreFallbacks', MetricUnit.Count, 1),
  });
  const scorer = new Scorer({
    clock,
    store: openOnlineStore(settings.ONLINE_TABLE),
    definitions,
    models: new ModelPool(openObjectReader(settings.MODELS_BUCKET), definitions, clock),
    endpoint: settings.SCORING_BACKEND === 'endpoint' ? endpoint : undefined,
    decisions: openDeliveryStream(settings.DECISIONS_DELIVERY_STREAM),
    keyRing: parseKeyRing(await openSecretStore().read(settings.PSEUDONYM_SECRET)),
    policy: defaultPolicy,
    timeZone: settings.SHOP_TIME_ZONE,
    deadline: () => startDeadline(settings.SCORE_DEADLINE_MS),
    randomBytes: (length) => randomFillSync(new Uint8Array(length)),
    report,
  });
  await scorer.prepare();
  const tally = new ScoreTally(openMetrics());
  return async (event) => {
    const answer = await scorer.score(bodyText(event));
    tally.count(answer, clock.now());
    return jsonResponse(200, answer);
  };
});
