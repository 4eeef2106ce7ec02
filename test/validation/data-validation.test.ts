import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { validateData } from '../../shared/domain/data-validation.ts';
import { EXPECTATIONS, overriddenExpectations } from '../../shared/domain/expectations.ts';
import { Usage } from '../../shared/errors.ts';
import type { DataProfile } from '../../shared/schemas/data-profile.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { validationReport } from '../../shared/schemas/expectation-report.ts';
import { profileOf, profilerOf, shopEvents } from './shop-events.ts';

const events = shopEvents(3);
const digest = 'ab'.repeat(32);
const accepted = { digest, profile: profileOf(shopEvents(5)) };
const NOW = Date.UTC(2026, 0, 19, 12);

const judged = (profile: DataProfile, before: typeof accepted | null = accepted) =>
  validateData(profile, before, EXPECTATIONS, NOW);
const wrong = (profile: DataProfile, before: typeof accepted | null = accepted) =>
  Object.fromEntries(
    judged(profile, before)
      .findings.filter(({ verdict }) => verdict === 'halt' || verdict === 'warn')
      .map((finding) => [finding.name, finding]),
  );

test('good data pass every expectation that can be judged', () => {
  const report = judged(profileOf(events));
  expect(report.verdict).toBe('pass');
  expect(validationReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  expect(report.findings.filter(({ verdict }) => verdict === 'not-judged')).toEqual([]);
});

type Plant = (event: EnrichedEvent, index: number) => unknown;
const changed = (plant: Plant) => profileOf(events.map(plant));
const day = (n: number) => `2026-01-${String(5 + n).padStart(2, '0')}`;
const one = (fields: Readonly<Record<string, unknown>>) =>
  changed((event, index) => (index === 77 ? { ...event, ...fields } : event));
const always = (fields: Partial<EnrichedEvent>) => changed((event) => ({ ...event, ...fields }));
const onDay = (n: number, keep: number) =>
  profileOf(
    events.filter((event, index) => !event.received_at.startsWith(day(n)) || index % 100 < keep),
  );

/** What is planted, the expectations that have to notice, and what the finding has to say. */
const PLANTED: readonly [string, () => DataProfile, readonly string[], RegExp][] = [
  ['12 rows', () => profileOf(events.slice(0, 12)), ['enough_events'], /12 events/],
  [
    'a line that is no JSON',
    () => {
      const profiler = profilerOf(events);
      profiler.addUnreadable(day(2), 'part.jsonl:9');
      return profiler.profile();
    },
    ['readable'],
    /1 lines or files/,
  ],
  [
    'a field of another type',
    () => one({ price: 'ten' }),
    ['fields'],
    /price is of another type in 1/,
  ],
  [
    'a renamed column',
    () => changed(({ price, ...rest }) => ({ ...rest, unit_price: price })),
    ['fields', 'prices_present', 'prices_present_every_day'],
    /price is missing in \d+ events; unit_price is no field|unit_price is no field.*price is missing/,
  ],
  [
    'an id of null',
    () => one({ event_id: null }),
    ['ids_and_timestamps_not_null'],
    /event_id is null in 1/,
  ],
  [
    'an id that is not there',
    () => changed(({ visitor, ...rest }, index) => (index === 77 ? rest : { visitor, ...rest })),
    ['ids_and_timestamps_not_null', 'fields'],
    /visitor is missing in 1/,
  ],
  [
    'a timestamp of null',
    () => one({ event_timestamp: null }),
    ['ids_and_timestamps_not_null'],
    /event_timestamp is null in 1/,
  ],
  [
    'an unknown event type',
    () => one({ event_type: 'wishlist' }),
    ['known_event_types', 'values'],
    /event_type is not allowed in 1/,
  ],
  [
    'a timestamp that is none',
    () => one({ event_timestamp: 'noon' }),
    ['values'],
    /event_timestamp is not allowed/,
  ],
  [
    'a price that no schema allows',
    () => one({ price: -5 }),
    ['values'],
    /price is not allowed in 1/,
  ],
  [
    'a few ids used twice',
    () =>
      changed((event, index) =>
        index % 25 === 1 ? { ...event, event_id: events[index - 1]?.event_id } : event,
      ),
    ['event_ids_unique'],
    /sampled event ids name several events/,
  ],
  [
    'many ids used twice',
    () =>
      changed((event, index) =>
        index % 3 === 1 ? { ...event, event_id: events[index - 1]?.event_id } : event,
      ),
    ['event_ids_mostly_unique', 'event_ids_unique'],
    /sampled event ids name several events/,
  ],
  [
    '80 % of the products null',
    () => changed((event, index) => (index % 5 > 0 ? { ...event, product_id: null } : event)),
    ['products_named', 'products_named_every_day'],
    /product_id is null in \d+ of \d+ events/,
  ],
  [
    '80 % of the prices null',
    () => changed((event, index) => (index % 5 > 0 ? { ...event, price: null } : event)),
    ['prices_present', 'prices_present_every_day'],
    /price is null in \d+ of \d+ events/,
  ],
  [
    'a price that every event has lost',
    () => always({ price: null }),
    ['prices_present', 'prices_present_every_day'],
    /price is null in (\d+) of \1 events/,
  ],
  [
    'the products of half a day null',
    () =>
      changed((event, index) =>
        event.received_at.startsWith(day(6)) && index % 2 > 0
          ? { ...event, product_id: null }
          : event,
      ),
    ['products_named_every_day'],
    /of 2026-01-11/,
  ],
  [
    'the prices of half a day null',
    () =>
      changed((event, index) =>
        event.received_at.startsWith(day(6)) && index % 2 > 0 ? { ...event, price: null } : event,
      ),
    ['prices_present_every_day'],
    /of 2026-01-11/,
  ],
  [
    'orders without a number',
    () => changed((event, index) => (index % 2 ? { ...event, order_id: null } : event)),
    ['orders_named'],
    /order_id is null/,
  ],
  [
    'purchases without a quantity',
    () => changed((event, index) => (index % 2 ? { ...event, quantity: null } : event)),
    ['quantities_present'],
    /quantity is null/,
  ],
  [
    'prices of 0',
    () => changed((event, index) => (index % 20 ? event : { ...event, price: 0 })),
    ['price_positive'],
    /values of price are 0 or less/,
  ],
  [
    'a quantity of 0',
    () => one({ quantity: 0 }),
    ['quantity_positive', 'values'],
    /1 of \d+ values of quantity/,
  ],
  [
    'a price of 999,999,999',
    () => one({ price: 999_999_999 }),
    ['price_plausible'],
    /the largest price is 999999999, on 2026-01-/,
  ],
  ['a quantity of 999,999', () => one({ quantity: 999_999 }), ['quantity_plausible'], /999999/],
  [
    'sessions that do not end',
    () => changed((event) => ({ ...event, session_id: event.visitor })),
    ['session_duration'],
    /sessions of \d+ visitors last/,
  ],
  [
    'one class only: nobody buys',
    () => profileOf(events.filter(({ event_type }) => event_type !== 'purchase')),
    ['purchases'],
    /^0 of \d+ events are of type purchase/,
  ],
  [
    'one class only: everybody buys',
    () => profileOf(events.filter(({ event_type }) => event_type === 'purchase')),
    ['purchases'],
    /are of type purchase/,
  ],
  [
    'product ids as categories',
    () => {
      const profiler = profilerOf(events);
      for (let index = 0; index < 12_000; index++)
        profiler.add({ ...events[0], product_category: `id ${index}` }, day(0), 'more');
      return profiler.profile();
    },
    ['product_categories'],
    /about 1\d{4} values of product_category/,
  ],
  [
    'free text as brands',
    () => {
      const profiler = profilerOf(events);
      for (let index = 0; index < 60_000; index++)
        profiler.add({ ...events[0], brand: `brand ${index}` }, day(0), 'more');
      return profiler.profile();
    },
    ['brands'],
    /values of brand/,
  ],
  [
    'random text as currencies',
    () => changed((event, index) => ({ ...event, currency: `${index % 400}`.padStart(3, 'X') })),
    ['currencies'],
    /400 values of currency/,
  ],
  [
    'random text as countries',
    () =>
      changed((event, index) => ({
        ...event,
        country: (index % 400).toString(36).padStart(2, 'X'),
      })),
    ['countries'],
    /400 values of country/,
  ],
  ['a missing day', () => onDay(6, 0), ['no_missing_day'], /no event on 2026-01-11/],
  ['a day of a fifth', () => onDay(10, 15), ['no_thin_day'], /2026-01-15: \d+ events/],
  [
    'a day of one event',
    () => {
      const kept = events.findIndex(({ received_at }) => received_at.startsWith(day(10)));
      return profileOf(
        events.filter(
          ({ received_at }, index) => !received_at.startsWith(day(10)) || index === kept,
        ),
      );
    },
    ['no_nearly_empty_day', 'no_thin_day'],
    /2026-01-15: 1 events/,
  ],
  [
    'a day six times as busy',
    () => {
      const busy = events.filter(({ received_at }) => received_at.startsWith(day(10)));
      const copies = [1, 2, 3, 4, 5].flatMap((copy) =>
        busy.map((event) => ({
          ...event,
          event_id: `${event.event_id} ${copy}`,
          order_key: `${event.order_key} ${copy}`,
        })),
      );
      return profileOf([...events, ...copies]);
    },
    ['no_flooded_day'],
    /2026-01-15: \d+ events/,
  ],
  [
    'data of half a year ago',
    () =>
      changed((event) => ({
        ...event,
        received_at: event.received_at.replace('2026-01', '2025-07'),
      })),
    ['fresh'],
    /received at 2025-07-19/,
  ],
  [
    'prices half as high',
    () => changed((event) => ({ ...event, price: (event.price ?? 0) / 2 })),
    ['price_as_accepted'],
    /price: median about .*Kolmogorov–Smirnov distance 0\.\d+ \(p /,
  ],
  [
    'prices in cents',
    () => changed((event) => ({ ...event, price: (event.price ?? 0) * 100 })),
    ['price_of_the_same_kind', 'price_as_accepted'],
    /price: median/,
  ],
  [
    'other quantities',
    () => changed((event) => ({ ...event, quantity: event.quantity === null ? null : 7 })),
    ['quantity_as_accepted'],
    /quantity: median/,
  ],
  [
    'sessions that are cut short',
    () =>
      changed((event, index) => ({ ...event, session_id: `${Math.floor(index / 2)} ${index}` })),
    ['sessions_as_accepted'],
    /session_seconds: median/,
  ],
  [
    'views that became page views',
    () =>
      changed((event, index) =>
        event.event_type === 'product_view' && index % 3 === 0
          ? { ...event, event_type: 'page_view' }
          : event,
      ),
    ['event_types_as_accepted'],
    /event_type: page_view moved most, from 0\.0 % to/,
  ],
  [
    'hardly any views',
    () =>
      changed((event) =>
        event.event_type === 'product_view' ? { ...event, event_type: 'search' } : event,
      ),
    ['event_types_of_the_same_kind', 'event_types_as_accepted'],
    /search moved most|product_view moved most/,
  ],
  ['other devices', () => always({ device_type: 'tv' }), ['devices_as_accepted'], /device_type:/],
  [
    'other channels',
    () => always({ channel_type: 'email' }),
    ['channels_as_accepted'],
    /channel_type:/,
  ],
  [
    'other countries',
    () => always({ country: 'JP' }),
    ['countries_as_accepted'],
    /country: JP moved most.*Cramér's V 1\.000 \(chi-square p < 0\.0001\)/,
  ],
  [
    'countries that got lost',
    () => always({ country: null }),
    ['countries_as_accepted'],
    /country: no value moved most, from 0\.0 % to 100\.0 %/,
  ],
  [
    'other categories',
    () => always({ product_category: 'new' }),
    ['categories_as_accepted'],
    /product_category:/,
  ],
];

describe('a planted fault is found', () => {
  test.each(PLANTED)('%s', (_, profile, names, detail) => {
    const found = wrong(profile());
    expect(Object.keys(found)).toEqual(expect.arrayContaining([...names]));
    const [first] = names;
    const finding = found[first as string];
    expect(finding?.detail).toMatch(detail);
    expect(finding?.advice).toBeTruthy();
    expect(finding?.verdict).toBe(finding?.expectation.severity);
  });

  test('for every expectation there is one', () => {
    const planted = new Set(PLANTED.flatMap(([, , names]) => names));
    expect(EXPECTATIONS.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  });
});

test('the document names every expectation', () => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/data-validation.md'), 'utf8');
  const named = EXPECTATIONS.map(({ name }) => name.replace(/^.*(?=_as_accepted$)/, '…'));
  for (const name of named) expect(document).toContain(`\`${name}\``);
});

describe('a finding names the events to look at', () => {
  const target = events[77] as EnrichedEvent;
  const example = { day: target.received_at.slice(0, 10), id: target.event_id };

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a price of 999,999,999', { price: 999_999_999 }, 'price_plausible'],
    ['an unknown type', { event_type: 'wishlist' }, 'known_event_types'],
    ['a quantity of 0', { quantity: 0 }, 'quantity_positive'],
  ])('%s', (_, fields, name) => {
    expect(wrong(one(fields))[name]?.examples).toEqual([example]);
  });

  test('an event without an id by its line', () => {
    expect(wrong(one({ event_id: null }))['ids_and_timestamps_not_null']?.examples).toEqual([
      { ...example, id: 'part.jsonl:78' },
    ]);
  });
});

describe('what cannot be judged is said to be so', () => {
  test('a field that the shop never sends', () => {
    const never = always({ price: null, quantity: null });
    const without = { digest, profile: never };
    for (const before of [null, without]) {
      const { verdict, findings } = judged(never, before);
      expect(verdict).toBe('pass');
      expect(findings.find(({ name }) => name === 'prices_present')).toMatchObject({
        verdict: 'not-judged',
        detail: expect.stringContaining('price is never sent'),
      });
    }
  });

  test('drift without an accepted set', () => {
    const drift = judged(always({ price: 4000 }), null).findings.filter(({ expectation }) =>
      expectation.measure.kind.endsWith('_drift'),
    );
    expect(new Set(drift.map(({ verdict }) => verdict))).toEqual(new Set(['not-judged']));
  });
});

describe('a shop', () => {
  const changed = (overrides: unknown) =>
    overriddenExpectations(JSON.stringify(overrides), 'expectations.json');

  test('changes limits and severities, leaves expectations out and adds its own', () => {
    const own = {
      name: 'brands_of_ours',
      measure: { kind: 'distinct', field: 'brand' },
      at_least: null,
      at_most: 2,
      severity: 'halt',
    };
    const expectations = changed({
      change: { enough_events: { at_least: 10 }, purchases: { severity: 'off' } },
      add: [own],
    });
    const few = profileOf(events.slice(0, 12));
    const { verdict, findings } = validateData(few, null, expectations, NOW);
    expect(verdict).toBe('halt');
    const verdicts = Object.fromEntries(findings.map((one) => [one.name, one.verdict]));
    expect(verdicts).toMatchObject({ enough_events: 'pass', brands_of_ours: 'halt' });
    expect(verdicts).not.toHaveProperty('purchases');
  });

  test.each<[string, unknown, RegExp]>([
    [
      'a name that is none',
      { change: { enogh: { at_least: 1 } } },
      /changes enogh, which is none of/,
    ],
    [
      'a limit that is none',
      { change: { enough_events: { at_lest: 1 } } },
      /change\.enough_events/,
    ],
    ['a measure that is none', { add: [{ name: 'x', measure: { kind: 'mood' } }] }, /add\.0/],
    ['an addition that exists', { add: [EXPECTATIONS[0]] }, /adds enough_events, which exists/],
    ['a key that is none', { expectations: [] }, /expectations/],
  ])('is told of %s', (_, overrides, message) => {
    expect(() => changed(overrides)).toThrow(message);
    expect(() => changed(overrides)).toThrow(Usage);
  });

  test('is told of a file that is no JSON', () => {
    expect(() => overriddenExpectations('{', 'expectations.json')).toThrow(/no JSON/);
  });
});
