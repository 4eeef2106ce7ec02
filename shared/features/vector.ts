import { InvalidFeatureDefinition } from '../errors.ts';
import type { Aggregate, Expression, FeatureView } from '../schemas/feature-view.ts';
import type { FeatureValue, FeatureValues } from '../schemas/score.ts';
import { accumulatorsOf, aggregatesOf } from './accumulators.ts';
import { clockPart } from './clock-part.ts';
import { DAY_MS, type DayTiles, sumOfDays, utcDay } from './day-tiles.ts';
import { featureName, featureViews } from './definitions.ts';
import { emptyValues, type FoldPlan, type Slot, SUM_UNITS } from './fold-plan.ts';
import type { BatchValues } from './item.ts';
import { sessionFold, sessionProductFold, userFold } from './lexicon-folds.ts';
import { SESSION_IDLE_MS } from './session-rule.ts';
import type { UserState } from './user.ts';
import { productKey, type SessionState, type VisitorState } from './visitor.ts';

export interface FeatureEntities {
  readonly visitor: VisitorState | null;
  readonly user: UserState | null;
  readonly product: BatchValues | null;
}

export interface FeatureQuery {
  /** Moment of the read, epoch milliseconds. */
  readonly at: number;
  readonly product_id: string | null;
  /** The shop's IANA time zone. */
  readonly timeZone: string;
}

export type FeatureVector = (entities: FeatureEntities, query: FeatureQuery) => FeatureValue[];

/** One read: the slots that each entity's aggregations are found in. */
interface Reading {
  readonly session: readonly Slot[];
  /** Null where the read asks about no product. Roll-ups set it to each product in turn. */
  sessionProduct: readonly Slot[] | null;
  readonly products: ReadonlyMap<string, readonly Slot[]>;
  readonly visitorSince: Readonly<Record<string, number>> | null;
  readonly user: UserState | null;
  readonly userSince: Readonly<Record<string, number>> | null;
  readonly product: BatchValues | null;
  readonly at: number;
  readonly today: number;
  readonly timeZone: string;
}

type Read = (reading: Reading) => FeatureValue;

const FOLDS: { readonly [entity in 'session' | 'session_product' | 'user']: FoldPlan } = {
  session: sessionFold,
  session_product: sessionProductFold,
  user: userFold,
};

const NO_SESSION = emptyValues(sessionFold);
const NO_PRODUCT = emptyValues(sessionProductFold);
const NO_PRODUCTS: ReadonlyMap<string, readonly Slot[]> = new Map();
const SECOND_MS = 1000;

/**
 * The session that a visitor is in at a moment, null where the last one has expired: no event for
 * more than 30 minutes after its latest.
 */
export function currentSession(visitor: VisitorState | null, at: number): SessionState | null {
  const session = visitor?.session ?? null;
  return session === null || at - session.newest > SESSION_IDLE_MS ? null : session;
}

/**
 * Every feature of the lexicon by name. Counts of an absent session are 0 and its measurements
 * null; of a user never seen, everything is null, and of a product not asked about.
 */
export function featureValues(entities: FeatureEntities, query: FeatureQuery): FeatureValues {
  const reading = openReading(entities, query);
  const values: Record<string, FeatureValue> = {};
  for (const [name, read] of READS) values[name] = read(reading);
  return values;
}

/**
 * A reader of just these features, in this order.
 * @throws InvalidFeatureDefinition where a name is not in the lexicon
 */
export function compileVector(names: readonly string[]): FeatureVector {
  const reads = names.map((name) => {
    const read = READS.get(name);
    if (read === undefined)
      throw new InvalidFeatureDefinition(
        `no feature is called ${name}: see \`foresight features list\``,
      );
    return read;
  });
  return (entities, query) => {
    const reading = openReading(entities, query);
    return reads.map((read) => read(reading));
  };
}

function openReading({ visitor, user, product }: FeatureEntities, query: FeatureQuery): Reading {
  const session = currentSession(visitor, query.at);
  const products = session?.products ?? NO_PRODUCTS;
  return {
    session: session?.values ?? NO_SESSION,
    sessionProduct:
      query.product_id === null ? null : (products.get(productKey(query.product_id)) ?? NO_PRODUCT),
    products,
    visitorSince: session === null ? null : nonEmpty(visitor?.since),
    user,
    userSince: nonEmpty(user?.since),
    product,
    at: query.at,
    today: utcDay(query.at),
    timeZone: query.timeZone,
  };
}

function nonEmpty<T extends object>(record: T | undefined): T | null {
  for (const _ in record) return record as T;
  return null;
}

const READS: ReadonlyMap<string, Read> = new Map(
  featureViews.flatMap((view) =>
    view.features.map((feature): [string, Read] => {
      const name = featureName(view, feature);
      return [name, compileFeature(view, name, feature.computed_by, feature.value)];
    }),
  ),
);

function compileFeature(
  view: FeatureView,
  name: string,
  computedBy: 'stream' | 'batch',
  value: Expression,
): Read {
  if (view.entity === 'product') return (reading) => reading.product?.[name] ?? null;
  // No batch job writes to user items yet.
  if (computedBy === 'batch') return () => null;

  const read = compileExpression(value);
  const isComplete = compileCompleteness(value);
  if (view.entity === 'user')
    return (reading) =>
      reading.user === null || (reading.userSince !== null && !isComplete(reading))
        ? null
        : read(reading);
  return (reading) =>
    (view.entity === 'session_product' && reading.sessionProduct === null) ||
    (reading.visitorSince !== null && !isComplete(reading))
      ? null
      : read(reading);
}

/** Whether every accumulator has been kept since before its window began. */
function compileCompleteness(value: Expression): (reading: Reading) => boolean {
  const tests = aggregatesOf(value).map((aggregate) => {
    const keys = accumulatorsOf(aggregate).map(({ key }) => key);
    const { window } = aggregate;
    return (reading: Reading): boolean => {
      const since = aggregate.entity === 'user' ? reading.userSince : reading.visitorSince;
      if (since === null) return true;
      const begins = window.kind === 'trailing' ? (reading.today - window.days) * DAY_MS : 0;
      return keys.every((key) => (since[key] ?? 0) <= begins);
    };
  });
  return (reading) => tests.every((test) => test(reading));
}

function compileExpression(expression: Expression): Read {
  switch (expression.kind) {
    case 'aggregate':
      return compileAggregate(expression);
    case 'constant':
      return () => expression.value;
    case 'ratio': {
      const of = compileExpression(expression.of);
      const per = compileExpression(expression.per);
      const prior = expression.prior ?? { of: 0, per: 0 };
      return (reading) => {
        const numerator = of(reading);
        const denominator = per(reading);
        if (numerator === null || denominator === null) return null;
        const total = (denominator as number) + prior.per;
        return total > 0 ? ((numerator as number) + prior.of) / total : null;
      };
    }
    case 'difference': {
      const of = compileExpression(expression.of);
      const minus = expression.minus.map(compileExpression);
      const least = expression.at_least ?? Number.NEGATIVE_INFINITY;
      return (reading) => {
        let difference = of(reading);
        for (const read of minus) {
          const value = read(reading);
          if (difference === null || value === null) return null;
          difference = (difference as number) - (value as number);
        }
        return difference === null ? null : Math.max(least, difference as number);
      };
    }
    case 'elapsed': {
      const from = compileExpression(expression.from);
      const to = compileExpression(expression.to);
      const unit = expression.unit === 'days' ? DAY_MS : SECOND_MS;
      return (reading) => elapsed(from(reading), to(reading), unit);
    }
    case 'time_since': {
      const of = compileExpression(expression.of);
      const unit = expression.unit === 'days' ? DAY_MS : SECOND_MS;
      return (reading) => elapsed(of(reading), reading.at, unit);
    }
    case 'equals': {
      const of = compileExpression(expression.of);
      return (reading) => (of(reading) === expression.value ? 1 : 0);
    }
    case 'clock_part': {
      const of = compileExpression(expression.of);
      return (reading) => {
        const time = of(reading);
        return time === null ? null : clockPart(time as number, reading.timeZone, expression.part);
      };
    }
    case 'roll_up':
      return compileRollUp(expression.function, compileExpression(expression.of));
  }
}

function elapsed(from: FeatureValue, to: FeatureValue, unit: number): number | null {
  return from === null || to === null
    ? null
    : Math.max(0, (to as number) - (from as number)) / unit;
}

function compileRollUp(name: 'count' | 'sum' | 'max', of: Read): Read {
  return (reading) => {
    const asked = reading.sessionProduct;
    let result = 0;
    for (const product of reading.products.values()) {
      reading.sessionProduct = product;
      const value = (of(reading) ?? 0) as number;
      if (name === 'sum') result += value;
      else if (name === 'max') result = Math.max(result, value);
      else if (value > 0) result++;
    }
    reading.sessionProduct = asked;
    return result;
  };
}

function compileAggregate(aggregate: Aggregate): Read {
  const { entity } = aggregate;
  if (entity === 'product')
    throw new InvalidFeatureDefinition('aggregations of a product are computed in batch');
  const slots = accumulatorsOf(aggregate).map(({ key }) => FOLDS[entity].slotOf.get(key) as number);
  const [slot = 0, countSlot = 0] = slots;
  const values =
    entity === 'session'
      ? (reading: Reading) => reading.session
      : entity === 'session_product'
        ? (reading: Reading) => reading.sessionProduct ?? NO_PRODUCT
        : (reading: Reading) => (reading.user as UserState).values;
  const { window } = aggregate;
  const total: (reading: Reading, slot: number) => number =
    window.kind === 'trailing'
      ? (reading, place) =>
          sumOfDays(values(reading)[place] as DayTiles, reading.today - window.days, reading.today)
      : (reading, place) => values(reading)[place] as number;

  switch (aggregate.function) {
    case 'count':
      return (reading) => total(reading, slot);
    case 'exists':
      return (reading) => (total(reading, slot) > 0 ? 1 : 0);
    case 'sum':
      return (reading) => total(reading, slot) / SUM_UNITS;
    case 'mean':
      return (reading) => {
        const count = total(reading, countSlot);
        return count > 0 ? total(reading, slot) / SUM_UNITS / count : null;
      };
    case 'distinct_count':
      return entity === 'user'
        ? (reading) => total(reading, slot)
        : (reading) => (values(reading)[slot] as unknown[]).length;
    default:
      return aggregate.back === 1
        ? (reading) => (values(reading)[slot] as FeatureValue[])[1] as FeatureValue
        : (reading) => values(reading)[slot] as FeatureValue;
  }
}
