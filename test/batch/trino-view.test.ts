import { beforeAll, describe, expect, test } from 'vitest';
import { InvalidFeatureDefinition } from '../../shared/errors.ts';
import { snapshotColumns, trinoView } from '../../shared/features/trino-view.ts';
import type { Aggregate, Expression, FeatureView } from '../../shared/schemas/feature-view.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { openTestLake, snapshotOf } from './lake.ts';

const DATE = Date.UTC(2026, 4, 7);
const AT = { date: DATE, timeZone: 'Europe/Berlin' };
const HOUR = 3_600_000;

const viewOf = (entity: FeatureView['entity'], values: readonly Expression[]): FeatureView => ({
  entity,
  prefix: '',
  time_to_live_seconds: null,
  features: values.map((value, index) => ({
    name: `f${index}`,
    version: index === 1 ? 2 : 1,
    description: 'for a test',
    unit: 'events',
    computed_by: 'batch',
    online_only: false,
    value,
  })),
});

const of = (
  name: Aggregate['function'],
  field?: Aggregate['of'],
  changes: Partial<Aggregate> = {},
): Aggregate => ({
  kind: 'aggregate',
  entity: 'product',
  function: name,
  ...(field === undefined ? {} : { of: field }),
  where: {},
  window: { kind: 'lifetime' },
  ...changes,
});

test('the text of a small view', () => {
  const views = of('count', undefined, {
    where: { event_types: ['product_view'] },
    window: { kind: 'trailing', days: 7 },
  });
  const orders = of('distinct_count', 'order', {
    where: {
      event_types: ['purchase'],
      conditions: [{ test: 'not_in', field: 'brand', values: ["O'Neill"] }],
    },
  });
  const ratio = { kind: 'ratio', of: orders, per: views, prior: { of: 0.5, per: 10 } } as const;
  expect(trinoView(viewOf('product', [views, ratio]), AT)).toBe(`WITH occurrences AS (
  SELECT product_id AS entity, event_id, event_type, event_time, brand, order_id
  FROM silver_events
  WHERE dt < '2026-05-07' AND event_time < 1778112000000 AND product_id IS NOT NULL AND event_type IN ('product_view', 'purchase')
),
aggregates AS (
  SELECT entity,
    CAST(count(*) FILTER (WHERE event_type = 'product_view' AND event_time >= 1777507200000) AS DOUBLE) AS a1
  FROM occurrences
  GROUP BY entity
),
distinct_1_values AS (
  SELECT entity, coalesce(order_id, event_id) AS value, min(event_time) AS first_1
  FROM occurrences
  WHERE event_type = 'purchase' AND (brand IS NULL OR brand NOT IN ('O''Neill')) AND coalesce(order_id, event_id) IS NOT NULL
  GROUP BY entity, coalesce(order_id, event_id)
),
distinct_1 AS (
  SELECT entity, CAST(count(first_1) AS DOUBLE) AS d1
  FROM distinct_1_values
  GROUP BY entity
)
SELECT aggregates.entity AS product_id,
  coalesce(a1, 0E0) AS f0,
  CASE WHEN coalesce(a1, 0E0) + 10E0 > 0 THEN (coalesce(distinct_1.d1, 0E0) + 0.5E0) / (coalesce(a1, 0E0) + 10E0) END AS f1_v2
FROM aggregates
LEFT JOIN distinct_1 ON distinct_1.entity = aggregates.entity
ORDER BY 1
`);
});

test('columns are named by feature and version, in the order of the view', () => {
  const [first, second] = snapshotColumns(viewOf('user', [of('count'), of('count')]));
  expect(first).toEqual({ column: 'f0', feature: 'f0', computed_by: 'batch' });
  expect(second).toEqual({ column: 'f1_v2', feature: 'f1@2', computed_by: 'batch' });
});

describe('every construct of the language has its value', () => {
  // Four views of one product; 23:00 UTC of Friday is Saturday, 01:00, in Berlin.
  const events = [
    { at: Date.UTC(2026, 4, 1, 23), brand: 'b', price: 2, country: 'DE' },
    { at: Date.UTC(2026, 4, 5, 8), brand: 'a', price: 4, country: 'FR' },
    { at: Date.UTC(2026, 4, 5, 9), brand: 'a', price: 0.1, country: null },
    { at: Date.UTC(2026, 4, 6, 23), brand: null, price: null, country: 'FR' },
  ].map((changes) => enrichedEvent({ ...changes, product_id: 'p' }));
  const first = of('min', 'event_timestamp');
  const last = of('max', 'event_timestamp');
  const constant = (value: number): Expression => ({ kind: 'constant', value });
  const day = { window: { kind: 'trailing', days: 1 } } as const;

  const cases: readonly [string, Expression, number | string | null][] = [
    ['count', of('count'), 4],
    ['count of a field', of('count', 'brand'), 3],
    ['count of a day', of('count', undefined, day), 1],
    ['sum', of('sum', 'price'), 6.1],
    ['sum of nothing', of('sum', 'price', day), 0],
    ['mean', of('mean', 'price'), 6.1 / 3],
    ['mean of nothing', of('mean', 'price', day), null],
    ['min', of('min', 'price'), 0.1],
    ['max', of('max', 'price'), 4],
    ['max of nothing', of('max', 'price', day), null],
    ['first', of('first', 'brand'), 'b'],
    ['last skips what is missing', of('last', 'brand'), 'a'],
    ['last but one', of('last', 'country', { back: 1 }), 'FR'],
    ['last but one of one', of('last', 'country', { back: 1, ...day }), null],
    ['distinct', of('distinct_count', 'brand'), 2],
    ['distinct, by their first day', of('distinct_count', 'country', day), 0],
    ['most frequent', of('most_frequent', 'brand'), 'a'],
    ['most frequent, the first of equals', of('most_frequent', 'event_type'), 'product_view'],
    ['most frequent of nothing', of('most_frequent', 'brand', day), null],
    ['exists', of('exists', undefined, { where: { event_types: ['purchase'] } }), 0],
    [
      'not in a list, and missing',
      of('count', undefined, {
        where: { conditions: [{ test: 'not_in', field: 'country', values: ['DE'] }] },
      }),
      3,
    ],
    [
      'in a list',
      of('count', undefined, {
        where: { conditions: [{ test: 'in', field: 'country', values: ['DE', "l'"] }] },
      }),
      1,
    ],
    [
      'present',
      of('count', undefined, { where: { conditions: [{ test: 'not_null', field: 'price' }] } }),
      3,
    ],
    ['ratio', { kind: 'ratio', of: of('count'), per: constant(8) }, 0.5],
    ['ratio to nothing', { kind: 'ratio', of: of('count'), per: constant(0) }, null],
    [
      'ratio drawn to a prior',
      { kind: 'ratio', of: constant(0), per: constant(0), prior: { of: 2, per: 100 } },
      0.02,
    ],
    ['difference', { kind: 'difference', of: of('count'), minus: [constant(1), constant(2)] }, 1],
    [
      'difference with a floor',
      { kind: 'difference', of: of('count'), minus: [constant(9)], at_least: -2 },
      -2,
    ],
    ['elapsed', { kind: 'elapsed', from: first, to: last, unit: 'days' }, 5],
    ['elapsed backwards', { kind: 'elapsed', from: last, to: first, unit: 'seconds' }, 0],
    ['time since', { kind: 'time_since', of: last, unit: 'seconds' }, 3600],
    ['equals', { kind: 'equals', of: of('first', 'brand'), value: 'b' }, 1],
    ['equals of nothing', { kind: 'equals', of: of('first', 'query'), value: 'b' }, 0],
    ['hour', { kind: 'clock_part', of: first, part: 'hour_of_day' }, 1],
    ['weekend', { kind: 'clock_part', of: first, part: 'is_weekend' }, 1],
    ['no weekend', { kind: 'clock_part', of: last, part: 'is_weekend' }, 0],
  ];

  let values: Readonly<Record<string, unknown>>;
  beforeAll(async () => {
    const lake = await openTestLake();
    lake.deliver(events);
    const view = viewOf(
      'product',
      cases.map(([, value]) => value),
    );
    values = (await snapshotOf(lake, view, '2026-05-07', AT.timeZone)).get('p') ?? {};
    lake.close();
  });

  test.each(cases.map(([name, , expected], index) => [name, expected, index] as const))(
    '%s',
    (_, expected, index) => expect(values[`f${index}`]).toBe(expected),
  );
});

test('a view of windows reads the folders that they reach and no others', () => {
  const views = of('count', undefined, { window: { kind: 'trailing', days: 7 } });
  const text = trinoView(viewOf('product', [views]), AT);
  expect(text).toContain("dt >= '2026-04-23' AND dt < '2026-05-07' AND event_time >= 17769024");
});

test.each<[string, FeatureView['entity'], Expression]>([
  ['a user of any event', 'user', of('count', undefined, { entity: 'user' })],
  [
    'a user of events and sessions',
    'user',
    of('count', undefined, {
      entity: 'user',
      where: { event_types: ['purchase', 'session_start'] },
    }),
  ],
  ['a session', 'session', of('count')],
  ['what only the fold knows', 'product', of('max', 'session_number')],
  ['a roll-up', 'product', { kind: 'roll_up', function: 'count', of: of('count') }],
  ['a window of a session', 'product', of('count', undefined, { window: { kind: 'session' } })],
  [
    'a number in a list',
    'product',
    of('count', undefined, {
      where: { conditions: [{ test: 'in', field: 'price', values: ['1'] }] },
    }),
  ],
])('%s is refused', (_, entity, value) => {
  expect(() => trinoView(viewOf(entity, [value]), AT)).toThrow(InvalidFeatureDefinition);
});

test('only midnights have snapshots', () => {
  const at = { ...AT, date: DATE + HOUR };
  expect(() => trinoView(viewOf('product', [of('count')]), at)).toThrow(RangeError);
});
