import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startSimulator } from '../../local/simulator/live-traffic.ts';
import { collectRequest } from '../../shared/schemas/door-event.ts';
import { scoreRequest } from '../../shared/schemas/score.ts';

interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  readonly at: number;
}

let server: Server;
let received: Received[];
let status: number;

beforeEach(async () => {
  received = [];
  status = 200;
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    received.push({
      path: request.url ?? '',
      headers: request.headers,
      body: JSON.parse(text),
      at: Date.now(),
    });
    response.writeHead(status, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        decision_id: `d${received.length}`,
        propensity: 0.25,
        model_version: 'm1',
        variant: 'champion',
        action: { type: 'none' },
        degraded: false,
        features_as_of: null,
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function start(rate: number) {
  const { port } = server.address() as AddressInfo;
  return startSimulator({ url: `http://127.0.0.1:${port}`, apiKey: 'fs_key' }, { seed: 1, rate });
}

test('posts events in the present as a shop does, and asks for scores beside the truth', async () => {
  const shop = start(200);
  await vi.waitFor(() => expect(shop.counts.scores).toBeGreaterThan(20), 20_000);
  expect(shop.visitors()).toBeGreaterThan(0);
  await shop.stop();
  const { counts } = shop;

  const posts = received.filter(({ path }) => path === '/v1/events');
  const sent = posts.flatMap(({ body, at }) =>
    collectRequest
      .parse(body)
      .events.map((event) => ({ event: event as Record<string, string>, at })),
  );
  expect(sent.length).toBe(counts.events);
  for (const { event, at } of sent) {
    expect(Date.parse(event['event_timestamp'] as string)).toBeLessThanOrEqual(at);
  }
  for (const { headers } of posts) {
    expect(headers['x-api-key']).toBe('fs_key');
  }

  const asked = received.filter(({ path }) => path === '/v1/propensity');
  expect(asked.length).toBe(counts.scores);
  const known = new Set(sent.map(({ event }) => event['event_id']));
  for (const { body } of asked) {
    const { context } = scoreRequest.parse(body);
    expect(known).toContain(context?.events?.[0]?.['event_id']);
    expect(context?.events?.[0]?.['user_agent']).not.toMatch(/bot/i);
  }

  const recent = shop.recent();
  expect(recent.length).toBe(counts.scores);
  expect(counts.sumOfPropensities).toBeCloseTo(0.25 * counts.scores, 9);
  expect(counts.sumOfTruths).toBeCloseTo(
    recent.reduce((sum, { truth }) => sum + truth, 0),
    9,
  );
  expect(recent[0]?.at).toBeGreaterThanOrEqual(recent.at(-1)?.at as number);
});

test('counts failures and goes on', async () => {
  status = 503;
  const shop = start(200);
  await vi.waitFor(() => expect(shop.counts.failures).toBeGreaterThan(10), 20_000);
  status = 200;
  await vi.waitFor(() => expect(shop.counts.events).toBeGreaterThan(0), 20_000);
  await shop.stop();
});

test('sends nothing more once stopped', async () => {
  const shop = start(200);
  await vi.waitFor(() => expect(shop.counts.events).toBeGreaterThan(0), 20_000);
  await shop.stop();
  const { events, scores } = shop.counts;
  expect(received.length).toBeGreaterThan(0);
  await new Promise(setImmediate);
  expect(shop.counts).toMatchObject({ events, scores });
});
