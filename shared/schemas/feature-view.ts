import * as z from 'zod';
import { FIELDS, type Field, MAX_TRAILING_DAYS, OCCURRENCE_TYPES } from './feature-vocabulary.ts';

/**
 * The feature language. A feature is an expression: aggregations of events at the leaves, a closed
 * set of derivations above them, and nothing that is not data, so that one definition compiles to
 * the streaming fold, the read and SQL.
 */

const ENTITIES = ['session', 'session_product', 'user', 'product'] as const;
const entity = z.enum(ENTITIES);
export type Entity = z.infer<typeof entity>;

const field = z.enum(Object.keys(FIELDS) as [Field, ...Field[]]);

const AGGREGATE_FUNCTIONS = [
  'count',
  'sum',
  'mean',
  'min',
  'max',
  'first',
  'last',
  'distinct_count',
  'most_frequent',
  'exists',
] as const;
export type AggregateFunction = (typeof AGGREGATE_FUNCTIONS)[number];

/** All conditions hold. A null field is in no list, so `not_in` is true of it. */
const filter = z.strictObject({
  event_types: z.array(z.enum(OCCURRENCE_TYPES)).min(1).optional(),
  conditions: z
    .array(
      z.discriminatedUnion('test', [
        z.strictObject({ test: z.literal('in'), field, values: z.array(z.string()).min(1) }),
        z.strictObject({ test: z.literal('not_in'), field, values: z.array(z.string()).min(1) }),
        z.strictObject({ test: z.literal('not_null'), field }),
      ]),
    )
    .min(1)
    .optional(),
});
export type Filter = z.infer<typeof filter>;

const window = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('session') }),
  z.strictObject({ kind: z.literal('lifetime') }),
  /**
   * UTC days. Streamed: the `days` full days before today, and today. Batch: the `days` full days
   * before the snapshot.
   */
  z.strictObject({
    kind: z.literal('trailing'),
    days: z.number().int().min(1).max(MAX_TRAILING_DAYS),
  }),
]);

const aggregate = z.strictObject({
  kind: z.literal('aggregate'),
  entity,
  function: z.enum(AGGREGATE_FUNCTIONS),
  /** Events whose field is null do not enter; absent only for `count` and `exists`. */
  of: field.optional(),
  where: filter,
  window,
  /** With `last`: how many values before the last one. */
  back: z.literal(1).optional(),
});
export type Aggregate = z.infer<typeof aggregate>;

const timeUnit = z.enum(['seconds', 'days']);
type TimeUnit = z.infer<typeof timeUnit>;

export type Expression =
  | Aggregate
  | { kind: 'constant'; value: number }
  | {
      kind: 'ratio';
      of: Expression;
      per: Expression;
      prior?: { of: number; per: number } | undefined;
    }
  | { kind: 'difference'; of: Expression; minus: Expression[]; at_least?: number | undefined }
  | { kind: 'elapsed'; from: Expression; to: Expression; unit: TimeUnit }
  | { kind: 'time_since'; of: Expression; unit: TimeUnit }
  | { kind: 'equals'; of: Expression; value: string }
  | { kind: 'clock_part'; of: Expression; part: 'hour_of_day' | 'is_weekend' }
  | { kind: 'roll_up'; function: 'count' | 'sum' | 'max'; of: Expression };

const operand: z.ZodType<Expression> = z.lazy(() => expression);

/** Missing operands make every derivation missing, except `equals`, which is then 0. */
const expression: z.ZodType<Expression> = z.discriminatedUnion('kind', [
  aggregate,
  z.strictObject({ kind: z.literal('constant'), value: z.number() }),
  /** (of + prior.of) / (per + prior.per); missing where the denominator is not above 0. */
  z.strictObject({
    kind: z.literal('ratio'),
    of: operand,
    per: operand,
    prior: z.strictObject({ of: z.number().min(0), per: z.number().positive() }).optional(),
  }),
  z.strictObject({
    kind: z.literal('difference'),
    of: operand,
    minus: z.array(operand).min(1),
    at_least: z.number().optional(),
  }),
  /** From one time to another, 0 where the second is the earlier one. */
  z.strictObject({ kind: z.literal('elapsed'), from: operand, to: operand, unit: timeUnit }),
  /** From a time to the moment of the read: of a `first` or `min`, an age. */
  z.strictObject({ kind: z.literal('time_since'), of: operand, unit: timeUnit }),
  /** 1 or 0. */
  z.strictObject({ kind: z.literal('equals'), of: operand, value: z.string() }),
  /** Of a time, on the shop's wall clock: hour 0–23, or 1 on Saturday and Sunday. */
  z.strictObject({
    kind: z.literal('clock_part'),
    of: operand,
    part: z.enum(['hour_of_day', 'is_weekend']),
  }),
  /** Over the products of a session; `count` counts values above 0; 0 over no products. */
  z.strictObject({
    kind: z.literal('roll_up'),
    function: z.enum(['count', 'sum', 'max']),
    of: operand,
  }),
]);

const featureDefinition = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  /** A changed meaning is a new version beside the old one; definitions are never edited. */
  version: z.number().int().min(1),
  description: z.string().min(1),
  /** E.g. `seconds`, `events`, `currency`, `0/1`, `category`. */
  unit: z.string().min(1),
  /** Who keeps it: the fold of `update-features`, or the daily batch. */
  computed_by: z.enum(['stream', 'batch']),
  /**
   * True where the value depends on the moment of the read, not on the events alone: training rows
   * cannot reproduce it, so it is not a model input.
   */
  online_only: z.boolean(),
  value: expression,
});
export type FeatureDefinition = z.infer<typeof featureDefinition>;

export const featureView = z.strictObject({
  entity,
  /** Put before the names of this view's features where they would clash, e.g. `product.`. */
  prefix: z.string(),
  /** How long after its last event the entity is forgotten; null: never. */
  time_to_live_seconds: z.number().int().positive().nullable(),
  features: z.array(featureDefinition).min(1),
});
export type FeatureView = z.infer<typeof featureView>;
