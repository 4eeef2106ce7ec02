import { setTimeout as sleep } from 'node:timers/promises';
import { simulateShop } from '../local/simulator/shop.ts';
import type { ScoreRequest, ScoreResponse } from '../shared/schemas/score.ts';
import { type PlatformProcess, post } from './platform-process.ts';

const HOUR_MS = 3_600_000;
const EVENTS_PER_REQUEST = 100;
const POLL_MS = 50;

/**
 * Sends the last hour of a simulated shop to a platform's door and waits until its features know
 * it.
 * @returns what to ask about those who are in the shop now, at most `limit`
 */
export async function fillShop(
  platform: PlatformProcess,
  limit: number,
): Promise<readonly ScoreRequest[]> {
  const now = Date.now();
  const shop = { seed: 1, startAt: now - HOUR_MS, days: 1, visitors: 50_000 };
  const events: unknown[] = [];
  const shoppers = new Map<string, ScoreRequest>();
  for (const { at, event, client } of simulateShop({ ...shop, rhythm: 'flat' })) {
    if (at >= now) break;
    events.push(event);
    const { anonymous_id, session_id, product_id } = event;
    if (anonymous_id === null || client.device === 'bot') continue;
    shoppers.delete(anonymous_id);
    shoppers.set(anonymous_id, {
      anonymous_id,
      ...(session_id === null ? {} : { session_id }),
      ...(product_id === undefined ? {} : { product_id }),
    });
  }
  for (let sent = 0; sent < events.length; sent += EVENTS_PER_REQUEST) {
    const body = { events: events.slice(sent, sent + EVENTS_PER_REQUEST) };
    const { refused } = await post<{ refused: number }>(platform, '/v1/events', body, 202);
    if (refused > 0) throw new Error(`the door refused ${refused} simulated events`);
  }
  const requests = [...shoppers.values()].slice(-limit);
  await visible(platform, requests.at(-1) as ScoreRequest);
  return requests;
}

async function visible(platform: PlatformProcess, request: ScoreRequest): Promise<void> {
  for (;;) {
    const score = await post<ScoreResponse>(platform, '/v1/propensity', request, 200);
    if (score.features_as_of !== null) return;
    await sleep(POLL_MS);
  }
}
