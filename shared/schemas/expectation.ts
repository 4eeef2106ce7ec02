import * as z from 'zod';
import {
  COUNTED_FIELDS,
  FAULT_PROBLEMS,
  SKETCHED_CATEGORIES,
  SKETCHED_NUMBERS,
} from './data-profile.ts';
import { EVENT_TYPES } from './event.ts';

const category = z.enum(SKETCHED_CATEGORIES);
const number = z.enum(SKETCHED_NUMBERS);
const counted = z.enum(COUNTED_FIELDS);
const eventTypes = z.array(z.enum(EVENT_TYPES)).min(1);

/** What is measured of a profile; each is one number, or nothing where it does not apply. */
const measure = z.discriminatedUnion('kind', [
  /** Events, whole and readable. */
  z.strictObject({ kind: z.literal('events') }),
  /** Lines that are no JSON, and files that cannot be unpacked. */
  z.strictObject({ kind: z.literal('unreadable') }),
  /** Values that the event's schema refuses; of all fields unless some are named. */
  z.strictObject({
    kind: z.literal('faults'),
    problems: z.array(z.enum(FAULT_PROBLEMS)).min(1),
    fields: z.array(z.string()).min(1).optional(),
  }),
  /** Share of events of these types without a value, over all days. */
  z.strictObject({ kind: z.literal('null_share'), field: counted, of: eventTypes }),
  /** The same on the worst day that has at least 100 such events. */
  z.strictObject({ kind: z.literal('worst_day_null_share'), field: counted, of: eventTypes }),
  /** Share of values at or below 0. */
  z.strictObject({ kind: z.literal('not_positive_share'), field: number }),
  /** The largest value as a multiple of the median. */
  z.strictObject({ kind: z.literal('largest_over_median'), field: number }),
  /** Distinct values. */
  z.strictObject({ kind: z.literal('distinct'), field: category }),
  /** Share of event ids that name several events. */
  z.strictObject({ kind: z.literal('duplicate_share') }),
  /** Mean length of a session in seconds. */
  z.strictObject({ kind: z.literal('mean_session_seconds') }),
  /** Share of events of a type. */
  z.strictObject({ kind: z.literal('type_share'), event_type: z.enum(EVENT_TYPES) }),
  /** Days without an event where the days before had 10 or more a day. */
  z.strictObject({ kind: z.literal('missing_days') }),
  /**
   * Events of a day over the mean of up to 28 days before it: the least and the greatest ratio of
   * all days with 7 days before them, the last day, which may not be over, left out.
   */
  z.strictObject({ kind: z.literal('least_day_over_trailing_mean') }),
  z.strictObject({ kind: z.literal('greatest_day_over_trailing_mean') }),
  /** Hours from the newest event to the time of the validation. */
  z.strictObject({ kind: z.literal('hours_since_newest') }),
  /** Population stability index against the last accepted set, over deciles of that set. */
  z.strictObject({ kind: z.literal('number_drift'), field: number }),
  /** The same over categories: the 25 most frequent of each set, the rest, and no value. */
  z.strictObject({ kind: z.literal('category_drift'), field: category }),
]);
export type Measure = z.infer<typeof measure>;

const limits = {
  at_least: z.number().nullable(),
  at_most: z.number().nullable(),
  /** What a value beyond a bound does; `off` leaves the expectation out. */
  severity: z.enum(['halt', 'warn', 'off']),
};

export const expectation = z.strictObject({
  name: z.string().regex(/^[a-z0-9_]{1,64}$/),
  measure,
  ...limits,
});
export type Expectation = z.infer<typeof expectation>;

/** What a shop wants otherwise: other limits of expectations by name, and expectations of its own. */
export const expectationOverrides = z.strictObject({
  change: z.record(z.string(), z.strictObject(limits).partial()).default({}),
  add: z.array(expectation).default([]),
});
export type ExpectationOverrides = z.infer<typeof expectationOverrides>;
