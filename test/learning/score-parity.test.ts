import { describe, expect, test } from 'vitest';
import { resourceNamed } from '../../local/environment.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';
import { readEvents } from '../../local/read-events.ts';
import { writeReplayState } from '../../local/replay-state.ts';
import { scoreParity } from '../../local/score-parity.ts';
import { additiveArtifact } from '../../shared/domain/model-folder.ts';
import {
  type LoggedScore,
  ScoreParity,
  type ScoreParityReport,
} from '../../shared/domain/score-parity.ts';
import type { LogicalClock } from '../../shared/embedded/clock.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { compileVector } from '../../shared/features/vector.ts';
import { applyToVisitor, emptyVisitor, sessionId } from '../../shared/features/visitor.ts';
import { scoreResponse } from '../../shared/schemas/score.ts';
import { realEvents, temporaryFolder } from '../input/source-files.ts';
import { serveModel } from '../serve-model.ts';
import { untrainedModel } from '../untrained-model.ts';
import { eventAt } from './events.ts';

const every = catalogue().map(({ name, digest, type }) => ({ name, definition: digest, type }));

/** Looks at every feature of the catalogue and makes nothing of them. */
const model = untrainedModel(additiveArtifact({ kind: 'logistic', intercept: -2, terms: [] }), {
  features: every,
});

const EVENTS = 300;
/** Sessions must still be going on when the scores are asked for. */
const MS_AT_ONCE = 600_000;

/**
 * Lives through a file on its own clock; after each request, scores of those who were in it.
 * @returns how many were compared
 */
async function replayWithScores(path: string, dataDir: string): Promise<number> {
  const source = await readEvents('retailrocket', [path]);
  await writeReplayState(dataDir, { format: 'retailrocket', digests: [], rows: 0, time: 0 });
  const platform = await startPlatform({ dataDir, port: 0 });
  try {
    await serveModel(model);
    let scores = 0;
    let degraded = 0;
    let events = 0;
    let batch: { event: object; at: number }[] = [];
    const live = async () => {
      (platform.clock as LogicalClock).advanceTo((batch.at(-1) as { at: number }).at);
      await post(platform, '/v1/events', { events: batch.map(({ event }) => event) });
      await platform.drain();
      (platform.clock as LogicalClock).advanceTo((batch.at(-1) as { at: number }).at + 1);
      const visitors = new Map(
        batch.map(({ event }) => [(event as Record<string, string>)['anonymous_id'], event]),
      );
      for (const { anonymous_id, user_id, product_id } of visitors.values() as Iterable<
        Record<string, string>
      >) {
        const request = { anonymous_id, user_id, product_id };
        const ask = () => post(platform, '/v1/propensity', request);
        // Past its deadline, on a machine that is busy: it says so, and is asked again.
        while (scoreResponse.parse(await ask()).degraded) degraded++;
        scores++;
      }
      batch = [];
    };
    for await (const row of source.rows) {
      if (!('event' in row)) continue;
      if (row.at - (batch[0]?.at ?? row.at) > MS_AT_ONCE) await live();
      batch.push({ event: row.event as object, at: row.at });
      if (++events === EVENTS) break;
    }
    await live();
    await platform.drain();
    const report = await scoreParity(resourceNamed('SHOP_TIME_ZONE'), () => {});
    expect(report).toMatchObject({
      scores: scores + degraded,
      compared_scores: scores,
      compared_values: scores * every.length,
      mismatches: 0,
      excluded: { degraded, with_context_events: 0, other_events: 0 },
    });
    return scores;
  } finally {
    await platform.stop();
  }
}

async function post(platform: Platform, route: string, body: object): Promise<unknown> {
  const response = await fetch(`${platform.url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': platform.apiKey },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return response.json();
}

test('what was logged with scores of real traffic is what training rebuilds: no mismatch', {
  timeout: 120_000,
}, async ({ skip }) => {
  const path = realEvents('retailrocket-sample');
  if (path === null) return skip('retailrocket-sample is not at hand');
  expect(await replayWithScores(path, temporaryFolder())).toBeGreaterThan(100);
});

describe('a score', () => {
  const event = eventAt(0, 'add_to_cart');
  const NAMES = ['event_count', 'cart_value', 'device_type'];

  function logged(changes: Partial<LoggedScore> = {}): LoggedScore {
    const visitor = emptyVisitor();
    applyToVisitor(visitor, event, null);
    const values = compileVector(NAMES)(
      { visitor, user: null, product: null },
      { at: Date.parse(event.event_timestamp), product_id: null, timeZone: 'UTC' },
    );
    return {
      decision_id: 'd',
      decided_at: event.event_timestamp,
      visitor: event.visitor,
      user_id: null,
      session: sessionId(event.visitor, visitor),
      product_id: null,
      features: Object.fromEntries(NAMES.map((name, index) => [name, values[index] ?? null])),
      features_as_of: event.event_timestamp,
      context_event_ids: [],
      degraded: false,
      ...changes,
    };
  }

  function compared(score: LoggedScore) {
    const parity = new ScoreParity('UTC', null);
    parity.addEvent(event);
    parity.addScore(score);
    return parity.report();
  }

  test('that logged what the events say agrees', () => {
    expect(compared(logged())).toMatchObject({ compared_values: 3, mismatches: 0 });
  });

  test('that logged another value is a mismatch, named with both', () => {
    const { features } = logged();
    const report = compared(logged({ features: { ...features, cart_value: 11 } }));
    expect(report).toMatchObject({
      mismatches: 1,
      examples: [{ decision_id: 'd', feature: 'cart_value', logged: 11, rebuilt: 10 }],
    });
  });

  test.each<[keyof ScoreParityReport['excluded'], Partial<LoggedScore>]>([
    ['degraded', { degraded: true, features: {} }],
    ['with_context_events', { context_event_ids: ['e'] }],
    ['other_events', { features_as_of: null, session: null }],
  ])('is excluded and counted: %s', (reason, changes) => {
    const report = compared(logged(changes));
    expect(report).toMatchObject({ scores: 1, compared_scores: 0, mismatches: 0 });
    expect(report.excluded[reason]).toBe(1);
  });
});
