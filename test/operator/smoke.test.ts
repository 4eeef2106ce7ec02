import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { breachOf } from '../../local/operate/answer-contract.ts';
import { type SmokeCheck, smoke } from '../../local/operate/smoke.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';
import { openApiDocument } from '../../shared/domain/openapi.ts';

describe('against the embedded platform', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
  let platform: Platform;

  beforeAll(async () => {
    platform = await startPlatform({ dataDir: folder, port: 0 });
  });

  afterAll(async () => {
    await platform.stop();
    rmSync(folder, { recursive: true });
  });

  const failed = (checks: readonly SmokeCheck[]) => checks.filter(({ passed }) => !passed);

  test('every check passes, and each is told of once', async () => {
    const told: SmokeCheck[] = [];
    const api = { url: platform.url, key: platform.apiKey };
    const checks = await smoke({ api, withinMs: 10_000, run: 'a' }, (check) => told.push(check));
    expect(failed(checks)).toEqual([]);
    expect(told).toEqual(checks);
    expect(checks.length).toBeGreaterThanOrEqual(10);
  });

  test('a key that opens nothing fails what needs it and nothing else', async () => {
    const api = { url: platform.url, key: 'fs_nobody' };
    const checks = await smoke({ api, withinMs: 0, run: 'b' }, () => {});
    expect(failed(checks).map(({ name }) => name)).toEqual([
      'names what is wrong with a request',
      'takes events',
      'gives a repeated request the same event ids',
      'scores what was just sent',
      'gives its reasons',
    ]);
  });
});

test('where nothing answers every check fails and says so', async () => {
  const api = { url: 'http://127.0.0.1:9', key: 'fs_any' };
  const checks = await smoke({ api, withinMs: 0, run: 'c' }, () => {});
  expect(checks.every(({ passed }) => !passed)).toBe(true);
});

describe('contract', () => {
  const document = openApiDocument();
  const route = 'POST /v1/propensity';
  const score = {
    decision_id: 'd',
    propensity: 0.2,
    model_version: 'v',
    variant: 'champion',
    action: { type: 'none' },
    degraded: false,
    features_as_of: null,
  };
  const answer = (status: number, body: unknown, contentType = 'application/json') => ({
    status,
    contentType,
    body,
  });

  test('an answer as it says is no breach', () => {
    expect(breachOf(document, route, answer(200, score))).toBeNull();
  });

  test.each([
    ['a value out of range', route, answer(200, { ...score, propensity: 2 }), /propensity/],
    ['a missing field', route, answer(200, { ...score, action: undefined }), /action/],
    ['a field of its own', route, answer(200, { ...score, more: 1 }), /more/],
    ['another status', route, answer(418, score), /418/],
    ['another type of content', route, answer(200, score, 'text/html'), /text\/html/],
    ['no type of content', route, answer(200, score, ''), /nothing/],
    ['another route', 'GET /v1/nowhere', answer(200, {}), /not in the document/],
  ])('%s is', (_, asked, given, said) => {
    expect(breachOf(document, asked, given)).toMatch(said);
  });
});
