import { NodeHttpHandler } from '@smithy/node-http-handler';

/**
 * The SDK client options that bound a call: time to connect, time of one attempt (milliseconds),
 * and attempts (the SDK waits between them with exponential backoff and full jitter, and stops
 * early when the abort signal of the call fires). HTTP/1.1 with kept-alive connections.
 */
export function callLimits({ attemptMs, attempts }: { attemptMs: number; attempts: number }) {
  return {
    maxAttempts: attempts,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 500,
      requestTimeout: attemptMs,
      throwOnRequestTimeout: true,
    }),
  };
}
