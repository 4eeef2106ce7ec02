import { InvalidFeatureDefinition } from '../errors.ts';
import type {
  Aggregate,
  Expression,
  FeatureDefinition,
  FeatureView,
} from '../schemas/feature-view.ts';
import type { FeatureValue } from '../schemas/score.ts';
import { accumulatorsOf, aggregatesOf } from './accumulators.ts';
import { clockPart } from './clock-part.ts';
import { DAY_MS, type DayTiles, sumOfDays } from './day-tiles.ts';
import { featureName } from './feature-name.ts';
import { type FoldPlan, type Slot, SUM_UNITS } from './fold-plan.ts';
import type { BatchValues } from './item.ts';

/** One read: the slots that each entity's aggregations are found in. */
export interface Reading {
  readonly session: readonly Slot[];
  /** Null where the read asks about no product. Roll-ups set it to each product in turn. */
  sessionProduct: readonly Slot[] | null;
  readonly products: ReadonlyMap<string, readonly Slot[]>;
  /** Accumulators added after the state began, with when; null where there are none. */
  readonly visitorSince: Readonly<Record<string, number>> | null;
  /** Null for a user never seen. */
  readonly user: readonly Slot[] | null;
  readonly userSince: Readonly<Record<string, number>> | null;
  readonly userBatch: BatchValues | null;
  readonly product: BatchValues | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** UTC days since 1970-01-01. */
  readonly today: number;
  readonly timeZone: string;
}

export type Read = (reading: Reading) => FeatureValue;

/** The plans that keep the streamed aggregations, by entity. */
export type Folds = { readonly [entity in 'session' | 'session_product' | 'user']: FoldPlan };

const SECOND_MS = 1000;

/** Compiles the read of one feature of a view whose streamed aggregations the folds keep. */
export function compileFeature(view: FeatureView, feature: FeatureDefinition, folds: Folds): Read {
  const name = featureName(view, feature);
  const { value } = feature;
  if (view.entity === 'product') return (reading) => reading.product?.[name] ?? null;
  if (feature.computed_by === 'batch') return (reading) => reading.userBatch?.[name] ?? null;

  const read = compileExpression(value, folds);
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

function compileExpression(expression: Expression, folds: Folds): Read {
  switch (expression.kind) {
    case 'aggregate':
      return compileAggregate(expression, folds);
    case 'constant':
      return () => expression.value;
    case 'ratio': {
      const of = compileExpression(expression.of, folds);
      const per = compileExpression(expression.per, folds);
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
      const of = compileExpression(expression.of, folds);
      const minus = expression.minus.map((operand) => compileExpression(operand, folds));
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
      const from = compileExpression(expression.from, folds);
      const to = compileExpression(expression.to, folds);
      const unit = expression.unit === 'days' ? DAY_MS : SECOND_MS;
      return (reading) => elapsed(from(reading), to(reading), unit);
    }
    case 'time_since': {
      const of = compileExpression(expression.of, folds);
      const unit = expression.unit === 'days' ? DAY_MS : SECOND_MS;
      return (reading) => elapsed(of(reading), reading.at, unit);
    }
    case 'equals': {
      const of = compileExpression(expression.of, folds);
      return (reading) => (of(reading) === expression.value ? 1 : 0);
    }
    case 'clock_part': {
      const of = compileExpression(expression.of, folds);
      return (reading) => {
        const time = of(reading);
        return time === null ? null : clockPart(time as number, reading.timeZone, expression.part);
      };
    }
    case 'roll_up':
      return compileRollUp(expression.function, compileExpression(expression.of, folds));
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

function compileAggregate(aggregate: Aggregate, folds: Folds): Read {
  const { entity } = aggregate;
  if (entity === 'product')
    throw new InvalidFeatureDefinition('aggregations of a product are computed in batch');
  const slots = accumulatorsOf(aggregate).map(({ key }) => folds[entity].slotOf.get(key) as number);
  const [slot = 0, countSlot = 0] = slots;
  const values =
    entity === 'session'
      ? (reading: Reading) => reading.session
      : entity === 'session_product'
        ? (reading: Reading) => reading.sessionProduct as readonly Slot[]
        : (reading: Reading) => reading.user as readonly Slot[];
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
