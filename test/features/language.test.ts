import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidFeatureDefinition } from '../../shared/errors.ts';
import { checkViews } from '../../shared/features/check-views.ts';
import { compileFeature, type Reading } from '../../shared/features/compile-read.ts';
import { definitionDigest } from '../../shared/features/definition-digest.ts';
import type { Moment } from '../../shared/features/event-fields.ts';
import { applyEvent, compileFold, emptyValues } from '../../shared/features/fold-plan.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import type {
  Aggregate,
  AggregateFunction,
  Expression,
  FeatureDefinition,
  FeatureView,
  Filter,
} from '../../shared/schemas/feature-view.ts';
import { FIELDS, type Field } from '../../shared/schemas/feature-vocabulary.ts';
import { enrichedEvent } from '../enriched-event.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 4, 6, 12);

function feature(value: Expression, changes: Partial<FeatureDefinition> = {}): FeatureDefinition {
  return {
    name: 'tried',
    version: 1,
    description: 'A feature of a test.',
    unit: 'any',
    computed_by: 'stream',
    online_only: false,
    value,
    ...changes,
  };
}

function view(entity: FeatureView['entity'], ...features: FeatureDefinition[]): FeatureView {
  return { entity, prefix: '', time_to_live_seconds: null, features };
}

/** Folds events with a fold made for one view, and reads its only feature. */
function valueIn(of: FeatureView, events: readonly EnrichedEvent[], at = START) {
  checkViews([of]);
  const folds = {
    session: compileFold([of], 'session'),
    session_product: compileFold([of], 'session_product'),
    user: compileFold([of], 'user'),
  };
  const values = {
    session: emptyValues(folds.session),
    user: emptyValues(folds.user),
  };
  events.forEach((event, index) => {
    const moment = momentOf(event, index);
    applyEvent(folds.session, values.session, event.event_type, event, moment);
    applyEvent(folds.user, values.user, event.event_type, event, moment);
  });
  const reading: Reading = {
    ...values,
    sessionProduct: null,
    products: new Map(),
    visitorSince: null,
    userSince: null,
    userBatch: null,
    product: null,
    at,
    today: Math.floor(at / DAY),
    timeZone: 'UTC',
  };
  return compileFeature(of, of.features[0] as FeatureDefinition, folds)(reading);
}

function momentOf(event: EnrichedEvent, index: number): Moment {
  return {
    time: Date.parse(event.event_timestamp),
    index: index + 1,
    sessionNumber: 1,
    previousSession: null,
    sessionSeconds: null,
  };
}

type Value = string | number | null;

/** Reads a field, as the language defines it. */
function fieldOf(name: Field, event: EnrichedEvent, index: number): Value {
  if (name === 'event_timestamp') return Date.parse(event.event_timestamp);
  if (name === 'amount')
    return event.price === null
      ? null
      : event.price * (event.quantity === null ? 1 : event.quantity);
  if (name === 'order') return event.order_id === null ? event.event_id : event.order_id;
  if (name === 'event_index') return index + 1;
  return event[name as keyof EnrichedEvent] as Value;
}

/** What filtering a list and reducing it gives. */
function reduced({ function: name, of, where, back }: Aggregate, events: readonly EnrichedEvent[]) {
  const values = events.flatMap((event, index): Value[] => {
    const holds =
      (where.event_types?.includes(event.event_type) ?? true) &&
      (where.conditions ?? []).every((condition) => {
        const value = fieldOf(condition.field, event, index);
        if (condition.test === 'not_null') return value !== null;
        return condition.values.includes(value as string) === (condition.test === 'in');
      });
    if (!holds) return [];
    return of === undefined ? [1] : [fieldOf(of, event, index)].filter((value) => value !== null);
  });
  const numbers = values as number[];
  const total = numbers.reduce((sum, value) => sum + Math.round(value * 1e4), 0) / 1e4;
  const results: Record<AggregateFunction, () => Value> = {
    count: () => values.length,
    exists: () => (values.length > 0 ? 1 : 0),
    sum: () => total,
    mean: () => (values.length > 0 ? total / values.length : null),
    min: () => (values.length > 0 ? Math.min(...numbers) : null),
    max: () => (values.length > 0 ? Math.max(...numbers) : null),
    first: () => values[0] ?? null,
    last: () => values.at(back === 1 ? -2 : -1) ?? null,
    distinct_count: () => new Set(values).size,
    most_frequent: () => null,
  };
  return results[name]();
}

const eventsArbitrary = fc
  .array(
    fc.record({
      event_type: fc.constantFrom('product_view', 'add_to_cart', 'purchase', 'refund'),
      minutes: fc.integer({ min: 0, max: 60 * 24 * 100 }),
      product_id: fc.constantFrom(null, 'p1', 'p2', 'p3'),
      brand: fc.constantFrom(null, 'b1', 'b2'),
      price: fc.option(fc.integer({ min: 0, max: 99_999 }).map((cents) => cents / 100)),
      quantity: fc.option(fc.integer({ min: 1, max: 9 })),
      order_id: fc.constantFrom(null, 'o1', 'o2', 'o3'),
    }),
    { maxLength: 30 },
  )
  .map((specs) =>
    specs.map(({ minutes, event_type, ...fields }) =>
      enrichedEvent({
        ...fields,
        event_type: event_type as EnrichedEvent['event_type'],
        at: START - minutes * 60_000,
      }),
    ),
  );

const categories = ['event_type', 'product_id', 'brand', 'order'] as const;
const numbers = ['price', 'quantity', 'amount', 'event_index'] as const;
const filterArbitrary: fc.Arbitrary<Filter> = fc.record(
  {
    event_types: fc.subarray(
      ['product_view' as const, 'add_to_cart' as const, 'purchase' as const],
      {
        minLength: 1,
      },
    ),
    conditions: fc.array(
      fc.oneof(
        fc.record({
          test: fc.constantFrom('in' as const, 'not_in' as const),
          field: fc.constantFrom('product_id' as const, 'brand' as const),
          values: fc.subarray(['p1', 'p2', 'b1'], { minLength: 1 }),
        }),
        fc.record({
          test: fc.constant('not_null' as const),
          field: fc.constantFrom(...categories, ...numbers),
        }),
      ),
      { minLength: 1, maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);

const shape = fc.oneof(
  fc.record({ function: fc.constantFrom('count' as const, 'exists' as const) }),
  fc.record({
    function: fc.constantFrom('count' as const, 'first' as const, 'distinct_count' as const),
    of: fc.constantFrom<Field[]>(...categories, ...numbers, 'event_timestamp'),
  }),
  fc.record({
    function: fc.constantFrom('sum' as const, 'mean' as const, 'min' as const, 'max' as const),
    of: fc.constantFrom<Field[]>(...numbers),
  }),
  fc.record(
    {
      function: fc.constant('last' as const),
      of: fc.constantFrom<Field[]>(...categories, ...numbers, 'event_timestamp'),
      back: fc.constant(1 as const),
    },
    { requiredKeys: ['function', 'of'] },
  ),
);

describe('every aggregation folds to what filtering and reducing the events gives', () => {
  test('in a session', () => {
    fc.assert(
      fc.property(eventsArbitrary, shape, filterArbitrary, (events, of, where) => {
        const aggregate: Aggregate = {
          kind: 'aggregate',
          entity: 'session',
          where,
          window: { kind: 'session' },
          ...of,
        };
        const expected = reduced(aggregate, events);
        const isTime = of.function !== 'count' && 'of' in of && FIELDS[of.of] === 'time';
        if (!isTime || of.function === 'distinct_count')
          expect(valueIn(view('session', feature(aggregate)), events)).toEqual(expected);
        else if (expected === null) {
          const hour = feature({ kind: 'clock_part', of: aggregate, part: 'hour_of_day' });
          expect(valueIn(view('session', hour), events)).toBeNull();
        } else {
          const since = feature(
            { kind: 'time_since', of: aggregate, unit: 'seconds' },
            { online_only: true },
          );
          const seconds = (START - (expected as number)) / 1000;
          expect(valueIn(view('session', since), events)).toBe(seconds);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('of a user over trailing days and a lifetime, in any order of the events', () => {
    const userShape = fc.oneof(
      fc.record({ function: fc.constantFrom('count' as const, 'exists' as const) }),
      fc.record({
        function: fc.constantFrom('sum' as const, 'mean' as const),
        of: fc.constantFrom<Field[]>('price', 'amount', 'quantity'),
      }),
      fc.record({
        function: fc.constant('distinct_count' as const),
        of: fc.constant<Field>('order'),
      }),
    );
    fc.assert(
      fc.property(
        eventsArbitrary.chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
          ),
        ),
        userShape,
        filterArbitrary,
        fc.option(fc.integer({ min: 1, max: 90 })),
        ([events, shuffled], of, where, days) => {
          const aggregate: Aggregate = {
            kind: 'aggregate',
            entity: 'user',
            where,
            window: days === null ? { kind: 'lifetime' } : { kind: 'trailing', days },
            ...of,
          };
          const oldest = Math.floor(START / DAY) - (days ?? Number.POSITIVE_INFINITY);
          // An order is on the day of its first line alone.
          const day = (event: EnrichedEvent) => Math.floor(Date.parse(event.event_timestamp) / DAY);
          const firstLines = events.filter(
            (event) =>
              of.function !== 'distinct_count' ||
              !events.some(
                (other) =>
                  reduced({ ...aggregate, function: 'count' }, [other]) === 1 &&
                  other.order_id !== null &&
                  other.order_id === event.order_id &&
                  day(other) < day(event),
              ),
          );
          const inWindow = firstLines.filter((event) => day(event) >= oldest);
          expect(valueIn(view('user', feature(aggregate)), shuffled)).toEqual(
            reduced(aggregate, inWindow),
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('derivations', () => {
  const constant = (value: number): Expression => ({ kind: 'constant', value });
  const views: Aggregate = {
    kind: 'aggregate',
    entity: 'session',
    function: 'count',
    where: { event_types: ['product_view'] },
    window: { kind: 'session' },
  };
  const missing: Expression = { ...views, function: 'mean', of: 'price' };
  const three = [1, 2, 3].map(() => enrichedEvent());

  test.each<[string, Expression, number | null]>([
    ['ratio', { kind: 'ratio', of: constant(1), per: views }, 1 / 3],
    ['ratio over 0', { kind: 'ratio', of: views, per: constant(0) }, null],
    [
      'ratio with a prior',
      { kind: 'ratio', of: views, per: constant(10), prior: { of: 2, per: 40 } },
      0.1,
    ],
    [
      'ratio with a prior and nothing seen',
      { kind: 'ratio', of: constant(0), per: constant(0), prior: { of: 2, per: 40 } },
      0.05,
    ],
    ['ratio of a missing value', { kind: 'ratio', of: missing, per: views }, null],
    ['difference', { kind: 'difference', of: views, minus: [constant(1), constant(4)] }, -2],
    [
      'difference with a floor',
      { kind: 'difference', of: views, minus: [constant(5)], at_least: 0 },
      0,
    ],
    ['difference with a missing value', { kind: 'difference', of: views, minus: [missing] }, null],
    [
      'equals of a missing value',
      { kind: 'equals', of: { ...views, function: 'last', of: 'brand' }, value: 'b' },
      0,
    ],
  ])('%s', (_case, value, expected) => {
    expect(valueIn(view('session', feature(value)), three)).toBe(expected);
  });
});

describe('what the language refuses', () => {
  const count: Aggregate = {
    kind: 'aggregate',
    entity: 'session',
    function: 'count',
    where: {},
    window: { kind: 'session' },
  };
  const ofUser: Aggregate = { ...count, entity: 'user', window: { kind: 'lifetime' } };
  const lastTime: Aggregate = { ...count, function: 'last', of: 'event_timestamp' };
  const session = (value: Expression, changes = {}) => view('session', feature(value, changes));
  const user = (value: Expression, changes = {}) => view('user', feature(value, changes));

  test.each<[string, FeatureView, RegExp]>([
    ['a closure', session({ ...count, where: (() => true) as never }), /tried.*where/],
    ['an unknown field', session({ ...count, of: 'shoe_size' as never }), /tried.*value/],
    ['a name that is no name', session(count, { name: 'Not A Name' }), /name/],
    ['a window of 366 days', user({ ...ofUser, window: { kind: 'trailing', days: 366 } }), /tried/],
    ['a sum of nothing', session({ ...count, function: 'sum' }), /names no field/],
    ['a sum of categories', session({ ...count, function: 'sum', of: 'brand' }), /numeric/],
    ['a maximum of categories', session({ ...count, function: 'max', of: 'brand' }), /number/],
    ['a count that looks back', session({ ...count, back: 1 }), /only `last`/],
    ['a lifetime of a session', session({ ...count, window: { kind: 'lifetime' } }), /no lifetime/],
    ['a session of a user', user({ ...ofUser, window: { kind: 'session' } }), /no session window/],
    ['a user in a session view', session(ofUser), /cannot read a user/],
    [
      'a product without a roll-up',
      session({ ...count, entity: 'session_product' }),
      /roll them up/,
    ],
    [
      'a roll-up over a user',
      user({ kind: 'roll_up', function: 'max', of: ofUser }),
      /only a session/,
    ],
    [
      'session_start within a session',
      session({ ...count, where: { event_types: ['session_start'] } }),
      /users only/,
    ],
    ['a bare time', session(lastTime), /is a time/],
    [
      'a ratio of a category',
      session({ kind: 'ratio', of: { ...count, function: 'last', of: 'brand' }, per: count }),
      /needs a number/,
    ],
    [
      'the hour of a number',
      session({ kind: 'clock_part', of: count, part: 'hour_of_day' }),
      /time/,
    ],
    [
      'a model input that depends on the moment of the read',
      session({ kind: 'time_since', of: lastTime, unit: 'seconds' }),
      /online_only/,
    ],
    ['online_only without need', session(count, { online_only: true }), /online_only/],
    ['a last value of a user', user({ ...ofUser, function: 'last', of: 'brand' }), /order/],
    [
      'distinct products of a lifetime, streamed',
      user({ ...ofUser, function: 'distinct_count', of: 'product_id' }),
      /in batch/,
    ],
    [
      'a trailing maximum, streamed',
      user({ ...ofUser, function: 'max', of: 'price', window: { kind: 'trailing', days: 7 } }),
      /in batch/,
    ],
    [
      'a most frequent value, streamed',
      session({ ...count, function: 'most_frequent', of: 'brand' }),
      /in batch/,
    ],
    [
      'a streamed product view',
      view('product', feature({ ...count, entity: 'product', window: { kind: 'lifetime' } })),
      /in batch/,
    ],
    ['one name twice', view('session', feature(count), feature(count)), /defined twice/],
  ])('%s', (_case, refused, message) => {
    expect(() => checkViews([refused])).toThrow(InvalidFeatureDefinition);
    expect(() => checkViews([refused])).toThrow(message);
  });

  test('versions of one feature stand side by side', () => {
    expect(() =>
      checkViews([view('session', feature(count), feature(count, { version: 2 }))]),
    ).not.toThrow();
  });
});

describe('the digest of a definition', () => {
  const count: Aggregate = {
    kind: 'aggregate',
    entity: 'session',
    function: 'count',
    where: {},
    window: { kind: 'session' },
  };
  const digest = (changes: Partial<FeatureDefinition>) =>
    definitionDigest(view('session'), feature(count, changes));

  test('depends on meaning, not on words or the order of keys', () => {
    const { window, ...rest } = count;
    expect(digest({ description: 'Other words.' })).toBe(digest({}));
    expect(digest({ value: { window, ...rest } })).toBe(digest({}));
  });

  test.each<[string, Partial<FeatureDefinition>]>([
    ['version', { version: 2 }],
    ['unit', { unit: 'parsecs' }],
    ['filter', { value: { ...count, where: { event_types: ['search'] } } }],
  ])('changes with the %s', (_what, changes) => {
    expect(digest(changes)).not.toBe(digest({}));
  });
});
