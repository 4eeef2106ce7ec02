import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { updateFeatures } from '../../shared/domain/update-features.ts';
import { StoreUnavailable } from '../../shared/errors.ts';
import {
  userFromItem,
  userKey,
  visitorFromItem,
  visitorItem,
  visitorKey,
} from '../../shared/features/item.ts';
import { applyToUser, emptyUser, type UserState } from '../../shared/features/user.ts';
import { featureValues } from '../../shared/features/vector.ts';
import { applyToVisitor, emptyVisitor, type VisitorState } from '../../shared/features/visitor.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { Crash, type Fault, FaultyOnlineStore } from './faulty-online-store.ts';

interface Record {
  readonly sequence: string;
  readonly data: string;
}

const HOUR = 3_600_000;
const START = Date.UTC(2026, 4, 6, 12);
const retry = { attempts: 8, baseDelay: 0, random: () => 0, sleep: async () => {} };

const sequenceOf = (position: number) =>
  `4959033827149025660869222739248${String(position).padStart(25, '0')}`;
const recordsOf = (events: readonly EnrichedEvent[], first = 1): Record[] =>
  events.map((event, index) => ({
    sequence: sequenceOf(first + index),
    data: JSON.stringify(event),
  }));

/** Delivers a shard's records as an event source mapping does, until all of them are applied. */
async function deliver(
  records: readonly Record[],
  store: FaultyOnlineStore,
  batchSize: () => number,
): Promise<void> {
  let checkpoint = 0;
  for (let invocation = 0; checkpoint < records.length; invocation++) {
    if (invocation > 1000) throw new Error('the shard never gets to its end');
    const batch = records.slice(checkpoint, checkpoint + batchSize());
    let failed: readonly string[];
    try {
      ({ failed } = await updateFeatures(batch, { store, retry }));
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      continue;
    }
    const lowest = batch.findIndex(({ sequence }) => failed.includes(sequence));
    checkpoint += lowest === -1 ? batch.length : lowest;
  }
}

/** The distinct events in order_key order, folded in one go: what every delivery must come to. */
function foldAll(events: readonly EnrichedEvent[]) {
  const visitors = new Map<string, VisitorState>();
  const users = new Map<string, UserState>();
  const ordered = [...new Map(events.map((event) => [event.order_key, event])).values()].sort(
    (left, right) => (left.order_key < right.order_key ? -1 : 1),
  );
  for (const event of ordered) {
    const state = visitors.get(event.visitor) ?? emptyVisitor();
    visitors.set(event.visitor, state);
    const { contribution } = applyToVisitor(state, event, null);
    if (contribution === null) continue;
    const user = users.get(contribution.user) ?? emptyUser();
    users.set(contribution.user, user);
    applyToUser(user, contribution);
  }
  return { visitors, users, accepted: ordered.length };
}

/** A visitor's state as stored, but for the position in the stream. */
function withoutSequence(state: VisitorState) {
  const item = visitorItem({ ...state, sequence: null, pendingSequence: null }, 'v', 1);
  return { state: item.state, applied: Buffer.from(item.applied ?? []).toString('hex') };
}

const spec = fc.record({
  visitor: fc.constantFrom('v1', 'v2', 'v3', 'v4'),
  type: fc.constantFrom(
    'product_view',
    'product_view',
    'add_to_cart',
    'remove_from_cart',
    'purchase',
    'refund',
    'identify',
    'search',
  ),
  user: fc.constantFrom(null, null, 'u1', 'u2'),
  product: fc.constantFrom('p1', 'p2', 'p3', null),
  price: fc.option(fc.integer({ min: 0, max: 99_999 }).map((cents) => cents / 100)),
  order: fc.constantFrom(null, 'o1', 'o2', 'o3'),
  session: fc.constantFrom(null, null, 'a', 'b'),
  waited: fc.constantFrom(0, 1, 999, 60_000, 29 * 60_000, HOUR, 30 * HOUR),
  /** How far event time is behind receipt: in the future, now, and late. */
  behind: fc.constantFrom(-240_000, 0, 0, 0, 1000, 20 * HOUR, 24 * HOUR + 1, 90 * HOUR),
  bot: fc.constantFrom(false, false, false, false, true),
  /** Sends the event again: the transport's copy, or the client's with an order key of its own. */
  again: fc.constantFrom('no', 'no', 'no', 'producer retry', 'duplicate'),
});
type Spec = typeof spec extends fc.Arbitrary<infer Value> ? Value : never;

function eventsOf(specs: readonly Spec[]): EnrichedEvent[] {
  let received = START;
  return specs.flatMap((one, index) => {
    received += one.waited;
    const event = enrichedEvent({
      event_id: `e${index}`,
      event_type: one.type as EnrichedEvent['event_type'],
      event_timestamp: new Date(received - one.behind).toISOString(),
      received_at: new Date(received).toISOString(),
      order_key: `${new Date(received).toISOString()}~${String(index).padStart(6, '0')}~0`,
      visitor: one.visitor,
      anonymous_id: one.visitor,
      user_id: one.user,
      session_id: one.session,
      product_id: one.product,
      price: one.price,
      order_id: one.order,
      is_bot: one.bot,
    });
    if (one.again === 'no') return [event];
    if (one.again === 'producer retry') return [event, event];
    return [event, { ...event, order_key: event.order_key.replace(/0$/, '1') }];
  });
}

const fault = fc.oneof(
  { arbitrary: fc.constant<Fault>('none'), weight: 6 },
  {
    arbitrary: fc.constantFrom<Fault>('fails', 'fails after', 'crash', 'crash after'),
    weight: 1,
  },
);

const NO_PRODUCT = { product: null };
const query = { at: START + 20 * 24 * HOUR, product_id: 'p1', timeZone: 'Europe/London' };

function expectFolded(store: FaultyOnlineStore, events: readonly EnrichedEvent[]): void {
  const expected = foldAll(events);
  let counted = 0;
  for (const [visitor, state] of expected.visitors) {
    const item = store.items.get(visitorKey(visitor));
    if (item === undefined) throw new Error(`${visitor} was never written`);
    const actual = visitorFromItem(item);
    expect(withoutSequence(actual)).toEqual(withoutSequence(state));
    counted += actual.counters.processed + actual.counters.late + actual.counters.duplicate;
  }
  expect(counted).toBe(expected.accepted);
  for (const [user, state] of expected.users) {
    const item = store.items.get(userKey(user));
    if (item === undefined) throw new Error(`${user} was never written`);
    const actual = userFromItem(item);
    expect(featureValues({ ...NO_PRODUCT, visitor: null, user: actual }, query)).toEqual(
      featureValues({ ...NO_PRODUCT, visitor: null, user: state }, query),
    );
    expect(actual.lastVisitor).toBe(state.lastVisitor);
  }
}

describe('whatever happens on the way, the store holds fold(distinct events in order)', () => {
  test('redelivery, overlap, duplicates, producer retries, failures and crashes at any call', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(spec, { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fault),
        fc.infiniteStream(fc.integer({ min: 1, max: 25 })),
        async (specs, faults, sizes) => {
          const events = eventsOf(specs);
          const store = new FaultyOnlineStore(() => faults.next().value);
          await deliver(recordsOf(events), store, () => sizes.next().value);
          expectFolded(store, events);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('shards run at once, so that visitors of one user conflict on its item', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(spec, { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fault),
        fc.infiniteStream(fc.integer({ min: 1, max: 25 })),
        async (specs, faults, sizes) => {
          const events = eventsOf(specs);
          const store = new FaultyOnlineStore(() => faults.next().value);
          const shards = [...Map.groupBy(events, ({ visitor }) => visitor).values()];
          await Promise.all(
            shards.map((shard, index) =>
              deliver(recordsOf(shard, 1 + index * 1000), store, () => sizes.next().value),
            ),
          );
          expectFolded(store, events);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('one batch in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(spec, { minLength: 1, maxLength: 40 })
          .map(eventsOf)
          .chain((events) =>
            fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
          ),
        async (events) => {
          const store = new FaultyOnlineStore();
          await deliver(recordsOf(events), store, () => events.length);
          expectFolded(store, events);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a stream that swapped neighbours gives the same or flags the visitor', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(spec, { minLength: 2, maxLength: 40 }),
        fc.infiniteStream(fc.boolean()),
        fc.integer({ min: 1, max: 10 }),
        async (specs, swaps, size) => {
          const events = eventsOf(specs.map((one) => ({ ...one, again: 'no' as const })));
          const stream = [...events];
          for (let index = 1; index < stream.length; index++) {
            if (!swaps.next().value) continue;
            const [left, right] = [stream[index - 1], stream[index]];
            stream[index - 1] = right as EnrichedEvent;
            stream[index] = left as EnrichedEvent;
          }
          const store = new FaultyOnlineStore();
          await deliver(recordsOf(stream), store, () => size);
          for (const [visitor, state] of foldAll(events).visitors) {
            const item = store.items.get(visitorKey(visitor));
            const actual = visitorFromItem(item as NonNullable<typeof item>);
            if (actual.counters.outOfOrder > 0) continue;
            // The ring lists events as they came, which only the recognition of copies depends on.
            expect(withoutSequence({ ...actual, ring: state.ring })).toEqual(
              withoutSequence(state),
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('the cost of a batch', () => {
  test('500 events of one visitor are one read and one write of it', async () => {
    const events = Array.from({ length: 500 }, (_, index) =>
      enrichedEvent({ at: START + index * 1000 }),
    );
    const store = new FaultyOnlineStore();
    const { failed, counts } = await updateFeatures(recordsOf(events), { store, retry });
    expect({ failed, processed: counts.processed }).toEqual({ failed: [], processed: 500 });
    expect(store.reads).toEqual([['visitor#v']]);
    expect(store.writes).toEqual(['visitor#v']);
  });

  test('250 visitors are read in batches of at most 100', async () => {
    const events = Array.from({ length: 250 }, (_, index) =>
      enrichedEvent({ visitor: `v${index}` }),
    );
    const store = new FaultyOnlineStore();
    await updateFeatures(recordsOf(events), { store, retry });
    expect(store.reads.map((keys) => keys.length)).toEqual([100, 100, 50]);
    expect(store.writes).toHaveLength(250);
  });

  test('a batch delivered again writes nothing', async () => {
    const records = recordsOf([enrichedEvent({ user_id: 'u' }), enrichedEvent()]);
    const store = new FaultyOnlineStore();
    await updateFeatures(records, { store, retry });
    const written = [...store.writes];
    const { counts } = await updateFeatures(records, { store, retry });
    expect(counts.redelivered).toBe(2);
    expect(store.writes).toEqual(written);
  });
});

describe('failures', () => {
  test('500 purchases stored with the user and lost with the visitor count once', async () => {
    const events = Array.from({ length: 500 }, (_, index) =>
      enrichedEvent({
        at: START + index * 1000,
        event_type: 'purchase',
        user_id: 'u',
        price: 0.1,
        order_id: `o${index}`,
      }),
    );
    const faults: Fault[] = ['none', 'none', 'none', 'crash'];
    const store = new FaultyOnlineStore(() => faults.shift() ?? 'none');
    await expect(updateFeatures(recordsOf(events), { store, retry })).rejects.toThrow(Crash);
    expect(store.writes).toEqual(['user#u']);
    let size = 250;
    await deliver(recordsOf(events), store, () => size--);
    const user = userFromItem(store.items.get('user#u') as never);
    const values = featureValues(
      { ...NO_PRODUCT, visitor: null, user },
      { ...query, at: START + HOUR },
    );
    expect(values).toMatchObject({
      lifetime_purchase_count: 500,
      purchase_count_30d: 500,
      total_spend_30d: 50,
      total_sessions_90d: 1,
    });
  });

  test('a write that fails keeps back that visitor alone', async () => {
    const records = recordsOf(['a', 'b', 'c', 'b'].map((visitor) => enrichedEvent({ visitor })));
    const store = new FaultyOnlineStore();
    const good = store.write.bind(store);
    store.write = async (item) => {
      if (item.key === 'visitor#b') throw new StoreUnavailable('no');
      return good(item);
    };
    const outcome = await updateFeatures(records, { store, retry });
    expect(outcome.failed).toEqual([sequenceOf(2), sequenceOf(4)]);
    expect(outcome.counts.processed).toBe(2);
    expect(store.writes.sort()).toEqual(['visitor#a', 'visitor#c']);
  });

  test.each([
    ['no JSON', '{"event_id":'],
    ['no enriched event', '{"event_id":"e"}'],
    ['an unknown type', JSON.stringify({ ...enrichedEvent(), event_type: 'teleport' })],
    ['a negative price', JSON.stringify({ ...enrichedEvent(), price: -1 })],
  ])('a record that is %s fails alone', async (_what, data) => {
    const store = new FaultyOnlineStore();
    const records = [...recordsOf([enrichedEvent(), enrichedEvent()]), { sequence: '9', data }];
    const { failed, errors, counts } = await updateFeatures(records, { store, retry });
    expect({ failed, ...counts }).toMatchObject({ failed: ['9'], processed: 2, undecodable: 1 });
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('record 9')]);
  });

  test('a conflict on every attempt fails the visitor with a typed error', async () => {
    const store = new FaultyOnlineStore();
    store.write = async () => 'conflict';
    const { failed, errors, counts } = await updateFeatures(recordsOf([enrichedEvent()]), {
      store,
      retry,
    });
    expect(failed).toEqual([sequenceOf(1)]);
    expect(errors.map(({ name }) => name)).toEqual(['WriteConflict']);
    expect(counts).toMatchObject({ processed: 0, conflicts: retry.attempts });
  });
});
