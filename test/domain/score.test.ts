import { beforeEach, describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../shared/domain/default-policy.ts';
import { hasCartRule } from '../../shared/domain/has-cart-rule.ts';
import { pseudonymise } from '../../shared/domain/identity.ts';
import { ModelPool } from '../../shared/domain/model-pool.ts';
import { Scorer } from '../../shared/domain/score.ts';
import { updateFeatures } from '../../shared/domain/update-features.ts';
import { StoreUnavailable } from '../../shared/errors.ts';
import { definitionDigests } from '../../shared/features/catalogue.ts';
import type { OnlineItem, OnlineStore } from '../../shared/ports.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import type { Routing } from '../../shared/schemas/routing.ts';
import { decision, scoreResponse } from '../../shared/schemas/score.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { routingTo } from '../routing-to.ts';
import { MemoryDeliveryStream } from './memory-streams.ts';

const keyRing = { current: 'k1', keys: { k1: 'ab'.repeat(32) } };
const NOON = Date.UTC(2026, 4, 1, 12);

class CountingStore implements OnlineStore {
  readonly items = new Map<string, OnlineItem>();
  readonly reads: (readonly string[])[] = [];
  failure: Error | null = null;
  hangs = false;

  async read(keys: readonly string[]): Promise<ReadonlyMap<string, OnlineItem>> {
    this.reads.push(keys);
    if (this.hangs) return new Promise(() => {});
    if (this.failure !== null) throw this.failure;
    return new Map(
      keys.flatMap((key) => {
        const item = this.items.get(key);
        return item === undefined ? [] : [[key, item] as const];
      }),
    );
  }

  async write(item: OnlineItem): Promise<'written' | 'conflict'> {
    if ((this.items.get(item.key)?.version ?? 0) !== item.version - 1) return 'conflict';
    this.items.set(item.key, item);
    return 'written';
  }
}

function event(fields: Partial<EnrichedEvent>): EnrichedEvent {
  return enrichedEvent({
    at: NOON - 60_000,
    visitor: 'v1',
    anonymous_id: 'v1',
    product_id: 'p1',
    price: 10,
    ...fields,
  });
}

let delivered = 0;
let store: CountingStore;
let decisions: MemoryDeliveryStream;
let files: Map<string, Uint8Array>;
let reports: { failure: string; error: Error }[];
let now: number;
let scorer: Scorer;

function newScorer(controller = new AbortController()): Scorer {
  const clock = { now: () => now };
  const reader = { get: async (key: string) => files.get(key) ?? null };
  const definitions = definitionDigests();
  return new Scorer({
    clock,
    store,
    models: new ModelPool(reader, definitions, clock),
    definitions,
    decisions,
    keyRing,
    policy: defaultPolicy,
    timeZone: 'Europe/London',
    deadline: () => ({ signal: controller.signal, done: () => {} }),
    randomBytes: (length) => new Uint8Array(length),
    report: (failure, error) => reports.push({ failure, error }),
  });
}

beforeEach(() => {
  store = new CountingStore();
  decisions = new MemoryDeliveryStream();
  files = new Map();
  reports = [];
  now = NOON;
  scorer = newScorer();
});

const score = async (request: Record<string, unknown>) =>
  scoreResponse.parse(await scorer.score(JSON.stringify(request)));
const logged = () => decisions.records.map((record) => decision.parse(JSON.parse(record)));

async function deliver(...events: EnrichedEvent[]): Promise<void> {
  const records = events.map((one, index) => ({
    sequence: String(delivered + index + 1).padStart(56, '0'),
    data: JSON.stringify(one),
  }));
  delivered += events.length;
  const { failed } = await updateFeatures(records, {
    store,
    retry: { attempts: 1, baseDelay: 1, random: () => 0, sleep: async () => {} },
  });
  expect(failed).toEqual([]);
}

function route(champion: string, more: Partial<Routing> = {}): void {
  const routing = routingTo(champion, more);
  const key = 'routing#propensity';
  store.items.set(key, { key, version: 1, state: JSON.stringify(routing) });
}

describe('a score', () => {
  test('rises when the shopper puts something into the cart', async () => {
    await deliver(event({}));
    const before = await score({ anonymous_id: 'v1', product_id: 'p1' });
    await deliver(
      event({ event_type: 'add_to_cart', event_timestamp: new Date(NOON - 1000).toISOString() }),
    );
    const after = await score({ anonymous_id: 'v1', product_id: 'p1' });
    expect(after.propensity).toBeGreaterThan(before.propensity);
    expect(after).toMatchObject({ degraded: false, features_as_of: '2026-05-01T11:59:59.000Z' });
  });

  test('of a visitor never seen is no failure', async () => {
    expect(await score({ anonymous_id: 'nobody' })).toMatchObject({
      degraded: false,
      features_as_of: null,
    });
    expect(reports).toEqual([]);
  });

  test('reads once when both ids are given, and the routing every two seconds at most', async () => {
    await score({ anonymous_id: 'v1', user_id: 'ann', product_id: 'p1' });
    now += 1_999;
    await score({ anonymous_id: 'v1', user_id: 'ann', product_id: 'p1' });
    now += 1;
    await score({ anonymous_id: 'v1', user_id: 'ann', product_id: 'p1' });
    const ann = pseudonymise(keyRing, 'ann');
    const entities = ['visitor#v1', `user#${ann}`, `clv#${ann}`, 'product#p1'];
    expect(store.reads).toEqual([
      [...entities, 'routing#propensity'],
      entities,
      [...entities, 'routing#propensity'],
    ]);
  });

  test('logs the tier of the published value that the policy decided by', async () => {
    const key = `clv#${pseudonymise(keyRing, 'ann')}`;
    await score({ user_id: 'ann' });
    await store.write({ key, version: 1, state: '{"tier":"high"}' });
    await score({ user_id: 'ann' });
    await store.write({ key, version: 2, state: '{"tier":"of another kind"}' });
    await score({ user_id: 'ann' });
    expect(logged().map(({ clv_tier }) => clv_tier)).toEqual(['unknown', 'high', 'unknown']);
  });

  test('finds the user of a visitor, and the visitor of a user', async () => {
    const ann = pseudonymise(keyRing, 'ann');
    await deliver(event({ event_type: 'add_to_cart', user_id: ann }));
    await score({ anonymous_id: 'v1' });
    await score({ user_id: 'ann' });
    expect(logged()).toMatchObject([
      { visitor: 'v1', user_id: ann, unit: ann, scored_by: 'process' },
      { visitor: 'v1', user_id: ann, unit: ann, scored_by: 'process' },
    ]);
    expect(store.reads.at(-1)).toEqual(['visitor#v1']);
  });

  test('finds routing and model at once when it was prepared', async () => {
    const rule = hasCartRule();
    const { version } = JSON.parse(Buffer.from(rule.manifest).toString());
    files.set(`propensity/${version}/manifest.json`, rule.manifest);
    files.set(`propensity/${version}/model.json`, rule.model);
    route(version);
    await scorer.prepare();
    files.clear();
    store.reads.length = 0;
    expect(await score({ anonymous_id: 'v1' })).toMatchObject({ degraded: false });
    expect(store.reads).toEqual([['visitor#v1']]);
  });

  test('of a scorer that could not prepare is tried all the same', async () => {
    store.failure = new StoreUnavailable('down');
    await scorer.prepare();
    expect(reports).toMatchObject([{ failure: 'ScorerNotPrepared' }]);
    store.failure = null;
    expect(await score({ anonymous_id: 'v1' })).toMatchObject({ degraded: false });
  });

  test('gives reasons that contain the cart, when asked', async () => {
    await deliver(event({ event_type: 'add_to_cart' }));
    expect(await score({ anonymous_id: 'v1' })).not.toHaveProperty('reasons');
    const { reasons } = await score({ anonymous_id: 'v1', reasons: true });
    expect(reasons?.map(({ feature }) => feature).join()).toMatch(/cart/);
  });
});

describe("the shop's newest events", () => {
  const cart = { event_id: 'new', event_type: 'add_to_cart', product_id: 'p1', price: 10 };

  test('count at once, are not stored, and count once when the stream brings them', async () => {
    await deliver(event({}));
    const stored = store.items.get('visitor#v1');
    const early = await score({ anonymous_id: 'v1', context: { events: [cart] } });
    expect(store.items.get('visitor#v1')).toBe(stored);
    const at = new Date(NOON).toISOString();
    await deliver(event({ ...cart, event_type: 'add_to_cart', event_timestamp: at }));
    const late = await score({ anonymous_id: 'v1', context: { events: [cart] } });
    expect(late.propensity).toBe(early.propensity);
    expect(logged()[0]?.context_event_ids).toEqual(['new']);
  });

  test.each([
    ['an unknown type', { ...cart, event_type: 'teleport' }, 'context.events.0.event_type'],
    ['a price below zero', { ...cart, price: -1 }, 'context.events.0.price'],
    [
      'a time ahead',
      { ...cart, event_timestamp: '2026-05-02T00:00:00Z' },
      'context.events.0.event_timestamp',
    ],
  ])('with %s are the caller’s mistake', async (_, one, field) => {
    await expect(score({ anonymous_id: 'v1', context: { events: [one] } })).rejects.toMatchObject({
      name: 'InvalidRequest',
      field,
    });
    expect(store.reads).toEqual([]);
  });
});

test.each([
  ['no JSON', '{', undefined],
  ['nobody', '{}', 'anonymous_id'],
  ['an unknown field', '{"anonymous_id":"a","shoe":1}', undefined],
  ['an endless id', JSON.stringify({ anonymous_id: 'x'.repeat(10_000) }), 'anonymous_id'],
  [
    'six events',
    JSON.stringify({ anonymous_id: 'a', context: { events: Array(6).fill({}) } }),
    'context.events',
  ],
])('a request with %s is refused', async (_, body, field) => {
  await expect(scorer.score(body)).rejects.toMatchObject({ name: 'InvalidRequest', field });
});

describe('when something fails, the answer is the prior', () => {
  const rule = hasCartRule();
  const version = JSON.parse(Buffer.from(rule.manifest).toString()).version as string;

  test('the store', async () => {
    store.failure = new StoreUnavailable('down');
    const answer = await score({ anonymous_id: 'v1', reasons: true });
    expect(answer).toMatchObject({ degraded: true, action: { type: 'none' } });
    expect(logged()).toMatchObject([
      { degraded_because: 'StoreUnavailable', margin: null, scored_by: null },
    ]);
    expect(reports).toMatchObject([{ failure: 'ScoreDegraded' }]);
  });

  test('the deadline', async () => {
    store.hangs = true;
    const controller = new AbortController();
    scorer = newScorer(controller);
    const answer = scorer.score(JSON.stringify({ anonymous_id: 'v1' }));
    controller.abort();
    expect(await answer).toMatchObject({ degraded: true });
    expect(reports[0]?.error.name).toBe('DeadlineExceeded');
  });

  test('the model is not there; it is tried again after a while', async () => {
    route(version);
    expect(await score({ anonymous_id: 'v1' })).toMatchObject({ degraded: true });
    files.set(`propensity/${version}/manifest.json`, rule.manifest);
    files.set(`propensity/${version}/model.json`, rule.model);
    expect(await score({ anonymous_id: 'v1' })).toMatchObject({ degraded: true });
    now += 5_000;
    expect(await score({ anonymous_id: 'v1' })).toMatchObject({ degraded: false });
  });

  test('the model has one flipped byte', async () => {
    route(version);
    const flipped = Uint8Array.from(rule.model);
    flipped[flipped.length - 3] = (flipped[flipped.length - 3] as number) ^ 1;
    files.set(`propensity/${version}/manifest.json`, rule.manifest);
    files.set(`propensity/${version}/model.json`, flipped);
    expect(await score({ anonymous_id: 'v1' })).toMatchObject({ degraded: true });
    expect(reports[0]?.error.name).toBe('ModelDigestMismatch');
  });

  test('the log: the score is answered all the same', async () => {
    decisions = new MemoryDeliveryStream(() => true);
    scorer = newScorer();
    expect(await score({ anonymous_id: 'v1' })).toMatchObject({ degraded: false });
    expect(reports).toMatchObject([{ failure: 'DecisionNotLogged' }]);
  });
});
