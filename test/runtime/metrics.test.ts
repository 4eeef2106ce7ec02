import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Platform, startPlatform } from '../../local/platform.ts';

/** What is published of a click and its scores, through the whole platform. */

type Published = ReturnType<Metrics['serializeMetrics']>;

/** Each is another metric for each of its values, so its values must be few, and no person. */
const DIMENSIONS: Readonly<Record<string, RegExp>> = {
  service: /^foresight-dev$/,
  model_version: /^(has-cart@\d+|\d{4}-\d{2}-\d{2}-[0-9a-f]{12})$/,
  action: /^(none|recommend|upsell|discount)$/,
};

const PERSON = {
  user_id: 'person-of-the-shop',
  anonymous_id: 'person-anonymous',
  session_id: 'person-session',
};

const published: Published[] = [];
const folder = mkdtempSync(join(tmpdir(), 'foresight-metrics-'));
let platform: Platform;

beforeAll(async () => {
  const publish = Metrics.prototype.publishStoredMetrics;
  vi.spyOn(Metrics.prototype, 'publishStoredMetrics').mockImplementation(function (this: Metrics) {
    published.push(this.serializeMetrics());
    return publish.call(this);
  });
  platform = await startPlatform({ dataDir: join(folder, 'data'), port: 0 });
  const post = (path: string, body: unknown) =>
    fetch(platform.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': platform.apiKey },
      body: JSON.stringify(body),
    });
  const event = { ...PERSON, event_type: 'add_to_cart', product_id: 'p1', price: 20 };
  await post('/v1/events', { events: [event, { ...PERSON, event_type: 'no such type' }] });
  await platform.drain();
  await post('/v1/propensity', PERSON);
  await post('/v1/propensity', { anonymous_id: 'a-stranger' });
}, 60_000);

afterAll(async () => {
  vi.restoreAllMocks();
  await platform.stop();
  rmSync(folder, { recursive: true });
});

test('every stage of the path is measured', () => {
  const names = published.flatMap(({ _aws }) =>
    _aws.CloudWatchMetrics.flatMap(({ Metrics: metrics }) => metrics.map(({ Name }) => Name)),
  );
  expect(names).toEqual(
    expect.arrayContaining([
      'EventsAccepted',
      'EventsEnriched',
      'EventsProcessed',
      'FeatureAge',
      'Scores',
      'Decisions',
    ]),
  );
});

test('the dimensions are a closed set, and each of their values too', () => {
  expect(published.length).toBeGreaterThan(0);
  for (const line of published) {
    for (const { Namespace, Dimensions } of line._aws.CloudWatchMetrics) {
      expect(Namespace).toBe('Foresight');
      for (const name of new Set(Dimensions.flat())) {
        expect(Object.keys(DIMENSIONS)).toContain(name);
        expect(line[name as keyof Published]).toMatch(DIMENSIONS[name] as RegExp);
      }
    }
  }
});

test('no line holds an identifier of a person', () => {
  const text = JSON.stringify(published);
  for (const identifier of [...Object.values(PERSON), 'a-stranger', platform.apiKey])
    expect(text).not.toContain(identifier);
  expect(text).not.toMatch(/k1_[\w-]{8}/); // a pseudonym
});
