import { createHash } from 'node:crypto';
import { InvalidFeatureDefinition } from '../errors.ts';
import type {
  Aggregate,
  Entity,
  Expression,
  FeatureView,
  Filter,
} from '../schemas/feature-view.ts';
import type { Field } from '../schemas/feature-vocabulary.ts';
import { canonicalJson } from './definition-digest.ts';

type AccumulatorFunction =
  | 'count'
  | 'sum'
  | 'min'
  | 'max'
  | 'first'
  | 'last'
  | 'last_two'
  | 'distinct_count'
  /** Beside a distinct count that outlives a session: the values seen of late, each with its day. */
  | 'recent_values';

/** What the fold keeps for one or more aggregations that differ only in days or in derivation. */
export interface Accumulator {
  /** Four characters of the digest of all the other members: names the slot in stored items. */
  readonly key: string;
  readonly entity: Entity;
  readonly function: AccumulatorFunction;
  readonly of: Field | null;
  readonly where: Filter;
  /** Trailing windows of every length share the tiles of the days. */
  readonly keeps: 'one value' | 'day tiles';
}

const KEY_LENGTH = 4;

function accumulator(
  aggregate: Aggregate,
  name: AccumulatorFunction,
  of: Field | null,
): Accumulator {
  const meaning = {
    entity: aggregate.entity,
    function: name,
    of,
    where: aggregate.where,
    keeps: aggregate.window.kind === 'trailing' ? ('day tiles' as const) : ('one value' as const),
  };
  const digest = createHash('sha256').update(canonicalJson(meaning)).digest('base64url');
  return { key: digest.slice(0, KEY_LENGTH), ...meaning };
}

const remembered = new WeakMap<Aggregate, readonly Accumulator[]>();

/** The accumulators that give an aggregation its value; two for a mean: sum, then count. */
export function accumulatorsOf(aggregate: Aggregate): readonly Accumulator[] {
  let accumulators = remembered.get(aggregate);
  if (accumulators === undefined) {
    accumulators = makeAccumulators(aggregate);
    remembered.set(aggregate, accumulators);
  }
  return accumulators;
}

function makeAccumulators(aggregate: Aggregate): Accumulator[] {
  const of = aggregate.of ?? null;
  switch (aggregate.function) {
    case 'mean':
      return [accumulator(aggregate, 'sum', of), accumulator(aggregate, 'count', of)];
    case 'exists':
      return [accumulator(aggregate, 'count', of)];
    case 'last':
      return [accumulator(aggregate, aggregate.back === 1 ? 'last_two' : 'last', of)];
    case 'distinct_count':
      return aggregate.window.kind === 'session'
        ? [accumulator(aggregate, 'distinct_count', of)]
        : [
            accumulator(aggregate, 'distinct_count', of),
            accumulator({ ...aggregate, window: { kind: 'lifetime' } }, 'recent_values', of),
          ];
    case 'most_frequent':
      throw new InvalidFeatureDefinition(
        'most_frequent needs a count per value, which no item can bound: compute it in batch',
      );
    default:
      return [accumulator(aggregate, aggregate.function, of)];
  }
}

/** Every aggregation in an expression, left to right. */
export function aggregatesOf(expression: Expression): Aggregate[] {
  switch (expression.kind) {
    case 'aggregate':
      return [expression];
    case 'constant':
      return [];
    case 'ratio':
      return [...aggregatesOf(expression.of), ...aggregatesOf(expression.per)];
    case 'difference':
      return [expression.of, ...expression.minus].flatMap(aggregatesOf);
    case 'elapsed':
      return [...aggregatesOf(expression.from), ...aggregatesOf(expression.to)];
    default:
      return aggregatesOf(expression.of);
  }
}

/**
 * The accumulators of an entity that the streamed features of the views need, each once, in order
 * of first use.
 * @throws InvalidFeatureDefinition where two different ones would share a key
 */
export function accumulatorsFor(views: readonly FeatureView[], entity: Entity): Accumulator[] {
  const byKey = new Map<string, Accumulator>();
  for (const feature of views.flatMap((view) => view.features)) {
    if (feature.computed_by !== 'stream') continue;
    for (const aggregate of aggregatesOf(feature.value)) {
      if (aggregate.entity !== entity) continue;
      for (const needed of accumulatorsOf(aggregate)) {
        const known = byKey.get(needed.key);
        if (known !== undefined && canonicalJson(known) !== canonicalJson(needed))
          throw new InvalidFeatureDefinition(
            `${feature.name}: its state key ${needed.key} is taken by another aggregation`,
          );
        byKey.set(needed.key, known ?? needed);
      }
    }
  }
  return [...byKey.values()];
}
