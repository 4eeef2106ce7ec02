import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketedKolmogorovSmirnov,
  decileCounts,
  LogHistogram,
  median,
} from '../../shared/domain/data-profile-histogram.ts';
import { HashSample } from '../../shared/domain/data-profile-sample.ts';
import { kolmogorovSmirnov } from '../../shared/math/kolmogorov-smirnov.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import { dataProfile } from '../../shared/schemas/data-profile.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { profileOf, profilerOf, shopEvents } from './shop-events.ts';

const events = shopEvents(3).slice(0, 400);
/** Of every kind of line: good, repeated, with a field missing, null, unknown or of another type. */
const lines: readonly unknown[] = [
  ...events,
  events[0],
  { ...events[1], order_key: 'z', event_id: events[0]?.event_id },
  { ...events[2], unit_price: 4 },
  { ...events[3], price: null },
  { ...events[4], price: -4 },
  { ...events[5], price: 'ten' },
  { ...events[6], event_type: 'wishlist' },
  { ...events[7], received_at: null },
  (({ visitor: _, ...rest }) => rest)(events[8] as (typeof events)[number]),
  'text',
  null,
  [],
];
const whole = profileOf(lines);
const places = new Map(lines.map((line, index) => [line, index]));

test('is a document that survives being stored', () => {
  expect(dataProfile.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
});

test('does not depend on the order of the events', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = seededRandom(seed);
      const shuffled = lines.map((line) => ({ line, at: random() })).sort((a, b) => a.at - b.at);
      expect(placedProfile(shuffled.map(({ line }) => line))).toEqual(placedProfile(lines));
    }),
    { numRuns: 10 },
  );
});

test('of a whole is that of its parts merged', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, parts) => {
      const random = seededRandom(seed);
      const shares = lines.map((line) => ({ line, part: Math.floor(random() * parts) }));
      const merged = placed([]);
      for (let part = 0; part < parts; part++)
        merged.merge(placed(shares.filter((one) => one.part === part).map(({ line }) => line)));
      expect(merged.profile()).toEqual(placedProfile(lines));
    }),
    { numRuns: 10 },
  );
});

/** A line keeps its place wherever it is read. */
function placed(some: readonly unknown[]) {
  const profiler = profilerOf([]);
  for (const line of some) profiler.add(line, '2026-01-05', `part.jsonl:${places.get(line)}`);
  return profiler;
}
const placedProfile = (some: readonly unknown[]) => placed(some).profile();

test('an event delivered again is no second event of its id', () => {
  const { event_ids, sessions } = profileOf([...events, ...events]);
  expect(event_ids).toMatchObject({ duplicated: 0, sampled: events.length });
  expect(sessions).toEqual(profileOf(events).sessions);
});

test('sessions end by the rule of the fold', () => {
  const at = (minute: number, session_id: string | null = null) =>
    enrichedEvent({ at: Date.UTC(2026, 0, 5, 12, minute), session_id });
  const silence = profileOf([at(0), at(10), at(40), at(71)]).sessions;
  expect(silence).toEqual({ visitors: 1, sessions: 2, mean_seconds: (40 * 60) / 2 });
  const ids = profileOf([at(0, 'a'), at(10, 'a'), at(11, 'b')]).sessions;
  expect(ids).toEqual({ visitors: 1, sessions: 2, mean_seconds: 300 });
});

describe('a sample of keys', () => {
  const counted = (keys: Iterable<string>, capacity = 50) => {
    const sample = new HashSample<{ count: number }>(capacity);
    for (const key of keys) {
      const value = sample.at(key, () => ({ count: 0 }));
      if (value !== null) value.count++;
    }
    return sample;
  };

  test('is exact as long as it holds all of them', () => {
    const sample = counted(['a', 'b', 'a', 'c']);
    expect(sample.distinct()).toBe(3);
    expect(Object.fromEntries(sample.entries())).toEqual({
      a: { count: 2 },
      b: { count: 1 },
      c: { count: 1 },
    });
  });

  test('counts the kept ones exactly, and estimates how many there are', () => {
    const keys = Array.from({ length: 30_000 }, (_, index) => `key ${index % 10_000}`);
    const sample = counted(keys, 1000);
    expect(sample.entries()).toHaveLength(1000);
    for (const [, { count }] of sample.entries()) expect(count).toBe(3);
    expect(Math.abs(sample.distinct() / 10_000 - 1)).toBeLessThan(0.1);
  });

  test('merges to the sample of the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 600 }), fc.nat(600), (numbers, cut) => {
        const keys = numbers.map(String);
        const left = counted(keys.slice(0, cut));
        left.merge(
          counted(keys.slice(cut)),
          () => ({ count: 0 }),
          (into, from) => {
            into.count += from.count;
          },
        );
        expect(left.entries()).toEqual(counted(keys).entries());
        expect(left.distinct()).toBe(counted(keys).distinct());
      }),
    );
  });
});

describe('a histogram', () => {
  const of = (values: readonly number[]) => {
    const histogram = new LogHistogram();
    for (const value of values) histogram.add(value, 'day', 'id');
    return histogram.profile();
  };
  const positive = fc.array(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), { minLength: 1 });

  test('knows the median within 1 %', () => {
    fc.assert(
      fc.property(positive, (values) => {
        const sorted = Float64Array.from(values).sort();
        const exact = sorted[Math.ceil(sorted.length / 2) - 1] as number;
        expect(Math.abs((median(of(values)) as number) / exact - 1)).toBeLessThan(0.0101);
      }),
    );
  });

  test('puts every value into one of the deciles, about as many in each', () => {
    const values = Array.from({ length: 1000 }, (_, index) => 1 + index);
    const [baseline, current] = decileCounts(of(values), of([...values, 0, -1, 1e8]));
    expect(baseline.reduce((sum, one) => sum + one)).toBe(1000);
    expect(current.reduce((sum, one) => sum + one)).toBe(1003);
    expect(current[0]).toBe(2);
    for (const one of baseline.slice(1)) expect(Math.abs(one - 100)).toBeLessThan(20);
  });

  test('is as far from another as the values are, where buckets tell them apart', () => {
    const [left, right] = [
      [1, 2, 3, 4, 4, 8],
      [2, 4, 8, 8, 16],
    ] as const;
    expect(bucketedKolmogorovSmirnov(of(left), of(right))).toBeCloseTo(
      kolmogorovSmirnov(left, right),
      12,
    );
  });
});
