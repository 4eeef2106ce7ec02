import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';

/** Names the stage: the stages of one account share its metrics. */
const serviceName = `foresight-${process.env['STAGE'] ?? 'local'}`;

/** Structured logs carry decision and run ids and no personal data. */
export const logger = new Logger({ serviceName });

/**
 * Metrics in the embedded metric format, with the one dimension `service`. A dimension more is a
 * metric more for each of its values, so none may name a person (test/runtime/metrics.test.ts).
 */
export function openMetrics(): Metrics {
  return new Metrics({ namespace: 'Foresight', serviceName });
}

/** Of this invocation; published when it ends. */
export const metrics = openMetrics();

/** Powertools' own middleware warns at every invocation that counted nothing, which is most. */
function publishMetrics(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}

/** Logger and metrics around a handler, composed the same way for every function. */
export function observed<Event, Result>(
  run: (event: Event, context: Context) => Promise<Result>,
): (event: Event, context: Context) => Promise<Result> {
  const handler = middy<Event, Result>()
    .use(injectLambdaContext(logger))
    .use({ after: publishMetrics, onError: publishMetrics })
    .handler(run);
  return (event, context) => handler(event, context) as Promise<Result>;
}
