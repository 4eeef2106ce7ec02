import type { APIGatewayProxyEventV2, Context, KinesisStreamEvent } from 'aws-lambda';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { InvalidRequest, StreamUnavailable } from '../../shared/errors.ts';
import { readEnvironment } from '../../shared/runtime/environment.ts';
import { bodyText, httpHandler, jsonResponse } from '../../shared/runtime/http-handler.ts';
import { problemOf } from '../../shared/runtime/problem.ts';
import { streamHandler } from '../../shared/runtime/stream-handler.ts';
import { problem, problemType } from '../../shared/schemas/problem.ts';

const context = { functionName: 'f', awsRequestId: 'r', memoryLimitInMB: '128' } as Context;
const request = { body: '{}', headers: {}, isBase64Encoded: false } as APIGatewayProxyEventV2;
const environment = z.object({ TABLE: z.string() });

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a wrong environment names each variable', () => {
  const schema = z.object({ TABLE: z.string(), LIMIT: z.coerce.number() });
  expect(() => readEnvironment(schema, { LIMIT: 'x' })).toThrow(/TABLE.*LIMIT/);
});

describe('an HTTP handler', () => {
  test('composes once, at the first invocation', async () => {
    vi.stubEnv('TABLE', 't');
    const compose = vi.fn(() => async () => jsonResponse(200, {}));
    const handler = httpHandler(environment, compose);
    expect(compose).not.toHaveBeenCalled();
    await handler(request, context);
    await handler(request, context);
    expect(compose).toHaveBeenCalledTimes(1);
  });

  test('a failed composition is tried again at the next invocation', async () => {
    const handler = httpHandler(environment, () => async () => jsonResponse(200, {}));
    expect(await handler(request, context)).toMatchObject({ statusCode: 500 });
    vi.stubEnv('TABLE', 't');
    expect(await handler(request, context)).toMatchObject({ statusCode: 200 });
  });

  test.each([
    [new InvalidRequest('events: missing', 'events'), 400, { field: 'events' }],
    [new StreamUnavailable('busy'), 503, {}],
    [new Error('secret detail'), 500, { detail: expect.not.stringContaining('secret') }],
  ])('answers %s as a problem document', async (error, status, more) => {
    vi.stubEnv('TABLE', 't');
    const handler = httpHandler(environment, () => async () => {
      throw error;
    });
    const response = await handler(request, context);
    expect(response.statusCode).toBe(status);
    expect(response.headers).toMatchObject({ 'content-type': 'application/problem+json' });
    expect(problem.parse(JSON.parse(response.body ?? ''))).toMatchObject({ status, ...more });
  });
});

test('problem types are stable names', () => {
  expect(problemType('InvalidRequest')).toBe('urn:foresight:problem:invalid-request');
});

test.each([
  [{ body: 'ü', headers: {}, isBase64Encoded: false }, 'ü'],
  [{ body: Buffer.from('ü').toString('base64'), headers: {}, isBase64Encoded: true }, 'ü'],
  [{ headers: { 'content-encoding': 'Identity' }, body: 'x', isBase64Encoded: false }, 'x'],
  [{ headers: {}, isBase64Encoded: false }, ''],
])('the body of %j is %j', (event, expected) => {
  expect(bodyText(event as unknown as APIGatewayProxyEventV2)).toBe(expected);
});

test('a compressed body is refused by name', async () => {
  vi.stubEnv('TABLE', 't');
  const handler = httpHandler(
    environment,
    () => async (event) => jsonResponse(200, bodyText(event)),
  );
  const compressed = { ...request, headers: { 'content-encoding': 'gzip' } };
  const response = await handler(compressed as unknown as APIGatewayProxyEventV2, context);
  expect(response.statusCode).toBe(415);
  expect(JSON.parse(response.body ?? '')).toMatchObject({
    type: 'urn:foresight:problem:unsupported-encoding',
  });
});

test('a problem stays small, whatever the caller sent', () => {
  const error = new InvalidRequest(`unknown key ${'x'.repeat(60_000)}`);
  expect(problemOf(error).detail.length).toBeLessThanOrEqual(1000);
});

test('a stream handler decodes records and answers the failed ones', async () => {
  vi.stubEnv('TABLE', 't');
  const handler = streamHandler(
    environment,
    () => async (records) =>
      records.filter(({ data }) => data === 'bad ü').map(({ sequence }) => sequence),
  );
  const record = (sequenceNumber: string, data: string) => ({
    kinesis: { sequenceNumber, data: Buffer.from(data).toString('base64') },
  });
  const event = { Records: [record('1', 'good'), record('2', 'bad ü')] };
  expect(await handler(event as KinesisStreamEvent, context)).toEqual({
    batchItemFailures: [{ itemIdentifier: '2' }],
  });
});
