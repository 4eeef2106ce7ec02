import { join } from 'node:path';
import type { ScoreResponse } from '../shared/schemas/score.ts';
import { type PlatformProcess, post, withPlatform } from './platform-process.ts';
import type { Result } from './report.ts';
import { percentile, sampleOf } from './sample.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const EVENTS = 100;
const ROUNDS = 3;
const GIVE_UP_MS = 10_000;

/** Beside the simulated shop, which keeps the streams busy. */
export function run(): Promise<readonly Result[]> {
  return inTemporaryFolder((folder) => withPlatform(join(folder, 'data'), [], measure));
}

async function measure(platform: PlatformProcess): Promise<readonly Result[]> {
  await visibleAfter(platform, 'warm-up');
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const milliseconds: number[] = [];
    for (let event = 0; event < EVENTS; event++)
      milliseconds.push(await visibleAfter(platform, `visitor-${round}-${event}`));
    rounds.push(milliseconds);
  }
  const row = (part: string, p: number, most?: number): Result => ({
    name: `from the door's 202 to a score that knows the event, ${part} of ${EVENTS}`,
    unit: 'ms',
    sample: sampleOf(rounds.map((round) => percentile(round, p))),
    ...(most === undefined ? {} : { target: { most } }),
  });
  return [row('p50', 0.5), row('p99', 0.99), row('slowest', 1, 1_000)];
}

/** Milliseconds from the 202 to the answer of the first score whose features contain the event. */
async function visibleAfter(platform: PlatformProcess, visitor: string): Promise<number> {
  const event_timestamp = new Date().toISOString();
  const event = {
    event_type: 'product_view',
    anonymous_id: visitor,
    product_id: 'p',
    event_timestamp,
  };
  await post(platform, '/v1/events', { events: [event] }, 202);
  const accepted = performance.now();
  for (;;) {
    const asked = { anonymous_id: visitor };
    const { features_as_of } = await post<ScoreResponse>(platform, '/v1/propensity', asked, 200);
    const elapsed = performance.now() - accepted;
    if (features_as_of !== null && features_as_of >= event_timestamp) return elapsed;
    if (elapsed > GIVE_UP_MS) throw new Error(`${visitor} is not visible after ${GIVE_UP_MS} ms`);
  }
}
