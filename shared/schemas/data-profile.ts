import * as z from 'zod';

/** Nullable fields whose nulls are counted by day and event type. */
export const COUNTED_FIELDS = [
  'user_id',
  'session_id',
  'product_id',
  'brand',
  'price',
  'quantity',
  'currency',
  'order_id',
  'country',
] as const;
export const SKETCHED_NUMBERS = ['price', 'quantity', 'session_seconds'] as const;
export const SKETCHED_CATEGORIES = [
  'event_type',
  'device_type',
  'channel_type',
  'product_category',
  'brand',
  'country',
  'currency',
] as const;
export const FAULT_PROBLEMS = [
  'missing',
  'unknown_field',
  'null',
  'wrong_type',
  'invalid',
] as const;
export type FaultProblem = (typeof FAULT_PROBLEMS)[number];

const count = z.number().int().min(0);

/** An event to look at: the day it stands under and its id, or its place where it has none. */
const example = z.strictObject({ day: z.string(), id: z.string() });
export type Example = z.infer<typeof example>;
const examples = z.array(example).max(3);

const numberProfile = z.strictObject({
  count,
  not_positive: count,
  not_positive_examples: examples,
  largest: z.strictObject({ value: z.number(), example }).nullable(),
  /** [index, count] ascending: the positive values above 1.02^(index−1) and not above 1.02^index. */
  buckets: z.array(z.tuple([z.number().int(), count])),
});
export type NumberProfile = z.infer<typeof numberProfile>;

const categoryProfile = z.strictObject({
  /** Events that have a value. */
  count,
  /** Exact up to 1,024, an estimate of ± 3 % beyond. */
  distinct: count,
  /** [value, count] by value: of all, or of a sample of 1,024 that is the same in every profile. */
  values: z.array(z.tuple([z.string(), count])),
});
export type CategoryProfile = z.infer<typeof categoryProfile>;

/**
 * What a set of events looks like, in bounded space and whatever order they came in. Times are
 * ISO 8601 UTC, days `YYYY-MM-DD`. It holds no ids of people.
 */
export const dataProfile = z.strictObject({
  events: count,
  /** First and last time of receipt. */
  from: z.string().nullable(),
  to: z.string().nullable(),
  unreadable: z.strictObject({ count, examples }),
  /** By field and problem. */
  faults: z.array(
    z.strictObject({ field: z.string(), problem: z.enum(FAULT_PROBLEMS), events: count, examples }),
  ),
  days: z.record(
    z.string(),
    z.strictObject({
      /** By type. */
      events: z.record(z.string(), count),
      /** By field, then type. */
      nulls: z.record(z.string(), z.record(z.string(), count)),
    }),
  ),
  /** By field, then type. */
  null_examples: z.record(z.string(), z.record(z.string(), examples)),
  numbers: z.record(z.enum(SKETCHED_NUMBERS), numberProfile),
  categories: z.record(z.enum(SKETCHED_CATEGORIES), categoryProfile),
  event_ids: z.strictObject({
    /** Exact up to 4,096, an estimate of ± 1.6 % beyond. */
    distinct: count,
    /** Of the sampled ids, those of several events: different order keys, not repeated delivery. */
    sampled: count,
    duplicated: count,
    examples,
  }),
  sessions: z.strictObject({
    /** Of up to 1,000 visitors, of each the first 500 events. */
    visitors: count,
    sessions: count,
    mean_seconds: z.number().nullable(),
  }),
});
export type DataProfile = z.infer<typeof dataProfile>;
