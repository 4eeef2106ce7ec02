import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Platform, startPlatform } from '../../local/platform.ts';
import { keyDigest } from '../../shared/domain/authorize.ts';
import { loadValues } from '../../shared/domain/clv-publication/online-values.ts';
import { parseKeyRing, pseudonymise } from '../../shared/domain/identity.ts';
import { openApiKeyRegister } from '../../shared/embedded/api-key-register.ts';
import { openDataDirectory } from '../../shared/embedded/data-directory.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { openSecretStore, provisionKeyRing } from '../../shared/embedded/secret-store.ts';
import type { HttpLogic } from '../../shared/runtime/http-handler.ts';
import { scoreOf } from '../clv-publication/scores.ts';
import { type Answer, Contract } from './contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
const EVENTS = 'POST /v1/events';
const PROPENSITY = 'POST /v1/propensity';
const VALUE = 'GET /v1/customers/{id}/clv';
const view = { event_type: 'product_view', anonymous_id: 'v', product_id: 'p' };

let platform: Platform;
let contract: Contract;

beforeAll(async () => {
  platform = await startPlatform({ dataDir: join(folder, 'platform'), port: 0 });
  contract = new Contract(await (await fetch(`${platform.url}/v1/openapi.json`)).json());
  const keys = openApiKeyRegister('ApiKeysTable');
  const collectOnly = { keyId: 'collect', scopes: ['collect'], expiresAt: null };
  await keys.put({ digest: keyDigest('events-only'), ...collectOnly });
  const keyRing = parseKeyRing(await openSecretStore().read('PseudonymSecret'));
  const known = { customer_id: pseudonymise(keyRing, 'customer 7') };
  const published = { as_of: '2026-11-23', model_version: 'm', horizon_days: 365 };
  const retry = { attempts: 1, baseDelay: 1, random: () => 0, sleep: async () => undefined };
  await loadValues([scoreOf(known.customer_id)], published, openOnlineStore('OnlineTable'), retry);
  await keys.put({ digest: keyDigest('expired'), keyId: 'x', scopes: ['score'], expiresAt: 1 });
}, 30_000);
afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true });
});

async function send(
  route: string,
  body: BodyInit | undefined,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const { id = 'customer 7', ...sent } = headers;
  const response = await fetch(platform.url + path.replace('{id}', encodeURIComponent(id)), {
    method,
    headers: { 'content-type': 'application/json', 'x-api-key': platform.apiKey, ...sent },
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: response.status,
    contentType: response.headers.get('content-type')?.split(';')[0] ?? '',
    body: await response.text(),
  };
}

describe('an answer of the platform', () => {
  test.each<[number, string, string, BodyInit | undefined, Record<string, string>?]>([
    [202, 'events taken', EVENTS, JSON.stringify({ events: [view] })],
    [202, 'events in part', EVENTS, JSON.stringify({ events: [view, {}, 5, { ...view, x: 1 }] })],
    [
      202,
      'events of another type',
      EVENTS,
      JSON.stringify({ events: [view] }),
      { 'content-type': 'text/plain' },
    ],
    [400, 'no JSON', EVENTS, '{'],
    [400, 'no body', EVENTS, undefined],
    [400, 'no events', EVENTS, '{"events":[]}'],
    [400, 'too many events', EVENTS, JSON.stringify({ events: Array(101).fill(view) })],
    [
      400,
      'an endless idempotency key',
      EVENTS,
      JSON.stringify({ events: [view] }),
      { 'idempotency-key': 'x'.repeat(256) },
    ],
    [401, 'no key', EVENTS, '{}', { 'x-api-key': '' }],
    [403, 'an unknown key', EVENTS, '{}', { 'x-api-key': 'fs_no' }],
    [413, 'over 64 KB', EVENTS, ' '.repeat(65_537)],
    [413, 'over 10 MB', EVENTS, new Uint8Array(10 * 1024 * 1024 + 1)],
    [415, 'compressed', EVENTS, gzipSync('{}'), { 'content-encoding': 'gzip' }],
    [200, 'a score', PROPENSITY, '{"anonymous_id":"v"}'],
    [
      200,
      'a score with reasons',
      PROPENSITY,
      JSON.stringify({ user_id: 'u', reasons: true, context: { events: [view] } }),
    ],
    [400, 'nobody to score', PROPENSITY, '{}'],
    [
      400,
      'an impossible event',
      PROPENSITY,
      JSON.stringify({ user_id: 'u', context: { events: [{}] } }),
    ],
    [401, 'no key', PROPENSITY, '{}', { 'x-api-key': '' }],
    [403, 'a key of another scope', PROPENSITY, '{}', { 'x-api-key': 'events-only' }],
    [403, 'an expired key', PROPENSITY, '{}', { 'x-api-key': 'expired' }],
    [413, 'over 64 KB', PROPENSITY, ' '.repeat(65_537)],
    [415, 'compressed', PROPENSITY, gzipSync('{}'), { 'content-encoding': 'br' }],
    [200, 'a value', VALUE, undefined],
    [404, 'a customer nobody scored', VALUE, undefined, { id: 'customer-8' }],
    [400, 'an endless id', VALUE, undefined, { id: 'x'.repeat(129) }],
    [401, 'no key', VALUE, undefined, { 'x-api-key': '' }],
    [403, 'a key of another scope', VALUE, undefined, { 'x-api-key': 'events-only' }],
    [200, 'health', 'GET /v1/health', undefined],
    [200, 'the document', 'GET /v1/openapi.json', undefined],
  ])('%i to %s is in the document', async (status, _case, route, body, headers) => {
    const answer = await send(route, body, headers);
    expect(answer.status).toBe(status);
    expect(contract.violation(route, answer)).toBeNull();
  });

  test('explains a score where it is asked to', async () => {
    const { body } = await send(PROPENSITY, '{"anonymous_id":"v","reasons":true}');
    expect(JSON.parse(body)).toMatchObject({ degraded: false, reasons: expect.any(Array) });
  });

  test('tells the day and the model of a value', async () => {
    const { body } = await send(VALUE, undefined);
    const { customer_id: _, ...score } = scoreOf('');
    expect(JSON.parse(body)).toEqual({
      ...score,
      as_of: '2026-11-23',
      model_version: 'm',
      horizon_days: 365,
    });
  });

  test.each([
    'GET /v1/events',
    'DELETE /v1/propensity',
    'POST /v1/health',
    'PUT /v2/events',
    'GET /v1/events/',
  ])('to %s, which is not here, is the message that the document tells of', async (route) => {
    expect(await send(route, undefined)).toEqual({
      status: 404,
      contentType: 'application/json',
      body: '{"message":"Not Found"}',
    });
  });
});

describe('an answer of a function that', () => {
  let collect: HttpLogic;
  let score: HttpLogic;

  // Not before the platform has set the environment: metrics read it when they are imported.
  beforeAll(async () => {
    collect = (await import('../../functions/collect.ts')).handler;
    score = (await import('../../functions/score.ts')).handler;
  });

  const invoke = async (handler: HttpLogic, body: string): Promise<Answer> => {
    const result = await handler(
      {
        body,
        headers: {},
        isBase64Encoded: false,
        requestContext: { requestId: 'r', http: { sourceIp: '203.0.113.7' } },
      } as unknown as APIGatewayProxyEventV2,
      { functionName: 'f', awsRequestId: 'r', memoryLimitInMB: '256' } as Context,
    );
    return {
      status: result.statusCode ?? 0,
      contentType: String(result.headers?.['content-type']),
      body: result.body ?? '',
    };
  };
  const events = JSON.stringify({ events: [view] });

  test('is deployed wrongly is in the document', async () => {
    vi.stubEnv('RAW_STREAM', undefined);
    const answer = await invoke(collect, events);
    vi.unstubAllEnvs();
    expect(answer.status).toBe(500);
    expect(contract.violation(EVENTS, answer)).toBeNull();
  });

  test('has lost its store is in the document', async () => {
    const dataDir = join(folder, 'lost');
    vi.stubEnv('FORESIGHT_DATA_DIR', dataDir);
    provisionKeyRing('PseudonymSecret');
    expect(await invoke(collect, events)).toMatchObject({ status: 202 });
    expect(await invoke(score, '{"user_id":"u"}')).toMatchObject({ status: 200 });
    openDataDirectory(dataDir).database.close();

    const notTaken = await invoke(collect, events);
    expect(notTaken.status).toBe(503);
    expect(contract.violation(EVENTS, notTaken)).toBeNull();
    const degraded = await invoke(score, '{"user_id":"u"}');
    expect(degraded).toMatchObject({
      status: 200,
      body: expect.stringContaining('"degraded":true'),
    });
    expect(contract.violation(PROPENSITY, degraded)).toBeNull();
    vi.unstubAllEnvs();
  });
});
