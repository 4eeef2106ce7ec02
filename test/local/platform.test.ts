import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { type Platform, startPlatform } from '../../local/platform.ts';
import { scoreResponse } from '../../shared/schemas/score.ts';

vi.setConfig({ testTimeout: 30_000 }); // each starts platforms, on a machine that may be busy

const scratch: string[] = [];
const running = new Set<Platform>();

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
  scratch.push(folder);
  return join(folder, 'data');
}

async function start(dataDir: string): Promise<Platform> {
  const platform = await startPlatform({ dataDir, port: 0 });
  running.add(platform);
  return platform;
}

async function stop(platform: Platform): Promise<void> {
  running.delete(platform);
  await platform.stop();
}

afterEach(async () => {
  await Promise.all([...running].map(stop));
  for (const folder of scratch.splice(0)) rmSync(folder, { recursive: true });
});

async function post(platform: Platform, path: string, body: unknown, key = platform.apiKey) {
  const response = await fetch(platform.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': key,
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const view = (visitor: string, n: number) => ({
  event_id: `${visitor}-${n}`,
  event_type: 'product_view',
  anonymous_id: visitor,
  product_id: `p${n}`,
});
const score = async (platform: Platform, visitor: string) =>
  scoreResponse.parse((await post(platform, '/v1/propensity', { anonymous_id: visitor })).body);

function linesOf(dataDir: string, name: string): Record<string, unknown>[] {
  const folder = join(dataDir, 'LakeBucket/bronze', name);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line));
}

test('an event becomes features, a score and lines of the lake', async () => {
  const platform = await start(freshFolder());
  const cart = { ...view('shopper', 2), event_type: 'add_to_cart', price: 10 };
  const answer = await post(platform, '/v1/events', { events: [view('shopper', 1), cart] });
  expect(answer).toMatchObject({ status: 202, body: { accepted: 2, refused: 0 } });
  await platform.drain();

  const known = await score(platform, 'shopper');
  const stranger = await score(platform, 'nobody');
  expect(known.features_as_of).not.toBeNull();
  expect(stranger.features_as_of).toBeNull();
  expect(known.propensity).toBeGreaterThan(stranger.propensity);
  expect([known.degraded, stranger.degraded]).toEqual([false, false]);

  await platform.drain();
  const { dataDir } = platform;
  expect(linesOf(dataDir, 'raw_events')).toHaveLength(2);
  expect(linesOf(dataDir, 'enriched_events').map((line) => line['event_id'])).toEqual([
    'shopper-1',
    'shopper-2',
  ]);
  expect(linesOf(dataDir, 'decisions').map((line) => line['decision_id'])).toEqual([
    known.decision_id,
    stranger.decision_id,
  ]);
});

test('an event that cannot be enriched becomes a bad row', async () => {
  const platform = await start(freshFolder());
  const odd = { ...view('shopper', 1), event_type: 'teleport' };
  expect(await post(platform, '/v1/events', { events: [odd] })).toMatchObject({ status: 202 });
  await platform.drain();
  expect(linesOf(platform.dataDir, 'bad_rows')).toMatchObject([{ reason: 'unknown_event_type' }]);
});

test('a restart keeps key, features and what was on its way', async () => {
  const dataDir = freshFolder();
  const first = await start(dataDir);
  await post(first, '/v1/events', { events: [view('shopper', 1)] });
  // Not drained: the next start finds the event on a stream, or its features.
  await stop(first);
  const second = await start(dataDir);
  expect(second.apiKey).toBe(first.apiKey);
  await second.drain();
  expect((await score(second, 'shopper')).features_as_of).not.toBeNull();
  expect(linesOf(dataDir, 'enriched_events')).toHaveLength(1);
});

test('keys and secrets are for their owner alone', async () => {
  const { dataDir } = await start(freshFolder());
  for (const file of ['api-key', 'secrets/PseudonymSecret.json']) {
    expect(statSync(join(dataDir, file)).mode & 0o077).toBe(0);
  }
});

test.each([
  ['no key', '', 401],
  ['an unknown key', 'fs_unknown', 403],
])('with %s nothing is taken: %i', async (_case, key, status) => {
  const platform = await start(freshFolder());
  const answer = await post(platform, '/v1/events', { events: [view('a', 1)] }, key);
  expect(answer.status).toBe(status);
});

test('a port already taken is named, and the data directory is free again', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const dataDir = freshFolder();
  await expect(startPlatform({ dataDir, port })).rejects.toMatchObject({ name: 'PortInUse' });
  other.close();
  await stop(await start(dataDir));
});

test('a data directory in use is refused, and the platform in it goes on', async () => {
  const platform = await start(freshFolder());
  await expect(startPlatform({ dataDir: platform.dataDir, port: 0 })).rejects.toMatchObject({
    name: 'DataDirectoryUnusable',
  });
  expect((await fetch(`${platform.url}/v1/health`)).status).toBe(200);
  expect(await post(platform, '/v1/events', { events: [view('a', 1)] })).toMatchObject({
    status: 202,
  });
});
