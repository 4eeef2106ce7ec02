import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerResult,
} from 'aws-lambda';
import * as z from 'zod';
import { openApiKeyStore } from '#adapters/api-key-store';
import { openClock } from '#adapters/clock';
import { authorize } from '../shared/domain/authorize.ts';
import { readEnvironment } from '../shared/runtime/environment.ts';
import { logger, observed } from '../shared/runtime/observability.ts';
import { once } from '../shared/runtime/once.ts';

const environment = z.object({ API_KEYS_TABLE: z.string() });

const deps = once(() => {
  const { API_KEYS_TABLE } = readEnvironment(environment, process.env);
  return { keys: openApiKeyStore(API_KEYS_TABLE), clock: openClock() };
});

/** Opens a route to keys of its scope. A store that fails closes it: the gateway answers 500. */
export const handler = observed(
  async (event: APIGatewayRequestAuthorizerEventV2): Promise<APIGatewaySimpleAuthorizerResult> => {
    const key = event.headers?.['x-api-key'];
    if (!key) return { isAuthorized: false };
    const verdict = await authorize(key, event.routeKey, await deps());
    if (!verdict.authorized) logger.info('refused', { because: verdict.because });
    return { isAuthorized: verdict.authorized };
  },
);
