import { InvalidFeatureDefinition } from '../errors.ts';
import {
  type Aggregate,
  type Entity,
  type FeatureDefinition,
  type FeatureView,
  featureView,
} from '../schemas/feature-view.ts';
import { FIELDS } from '../schemas/feature-vocabulary.ts';
import { aggregatesOf } from './accumulators.ts';
import { expressionType } from './expression-type.ts';
import { featureName } from './feature-name.ts';

/** Whose aggregations a feature of an entity can be made of. */
const READABLE: { readonly [entity in Entity]: readonly Entity[] } = {
  session: ['session', 'session_product'],
  session_product: ['session', 'session_product'],
  user: ['user'],
  product: ['product'],
};

/**
 * Checks views against the language: its shape, and what a shape cannot say.
 * @returns the views
 * @throws InvalidFeatureDefinition naming the feature and what is wrong with it
 */
export function checkViews(views: readonly FeatureView[]): readonly FeatureView[] {
  const names = new Set<string>();
  for (const view of views) {
    checkShape(view);
    for (const feature of view.features) {
      const name = featureName(view, feature);
      try {
        if (names.has(name)) throw new InvalidFeatureDefinition('is defined twice');
        checkFeature(view, feature);
      } catch (error) {
        if (!(error instanceof InvalidFeatureDefinition)) throw error;
        throw new InvalidFeatureDefinition(`${name}: ${error.message}`);
      }
      names.add(name);
    }
  }
  return views;
}

function checkShape(view: FeatureView): void {
  const parsed = featureView.safeParse(view);
  if (parsed.success) return;
  const issue = parsed.error.issues[0];
  const [part, index] = issue?.path ?? [];
  const place = part === 'features' ? view.features[Number(index)]?.name : undefined;
  throw new InvalidFeatureDefinition(
    `${view.entity} view, ${place ?? 'itself'}: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}

function checkFeature(view: FeatureView, { value, computed_by, online_only }: FeatureDefinition) {
  if (expressionType(value, view.entity) === 'time')
    throw new InvalidFeatureDefinition('is a time: make it elapsed, time_since or clock_part');
  const ofSession = view.entity === 'session' || view.entity === 'session_product';
  const readsNow = JSON.stringify(value).includes('"kind":"time_since"');
  if (ofSession && readsNow !== online_only)
    throw new InvalidFeatureDefinition(
      'a feature of a session is online_only exactly where it uses time_since',
    );
  for (const aggregate of aggregatesOf(value)) {
    if (!READABLE[view.entity].includes(aggregate.entity))
      throw new InvalidFeatureDefinition(`a ${view.entity} view cannot read a ${aggregate.entity}`);
    checkAggregate(aggregate, computed_by === 'stream');
  }
}

function checkAggregate(aggregate: Aggregate, streamed: boolean): void {
  const { entity, function: name, window, where } = aggregate;
  const type = aggregate.of === undefined ? null : FIELDS[aggregate.of];
  const refuse = (why: string): never => {
    throw new InvalidFeatureDefinition(`${name} of ${aggregate.of ?? 'events'}: ${why}`);
  };
  if (type === null && name !== 'count' && name !== 'exists') refuse('names no field');
  if ((name === 'sum' || name === 'mean') && type !== 'number') refuse('needs a numeric field');
  if ((name === 'min' || name === 'max') && type === 'category') refuse('needs a number or a time');
  if (aggregate.back !== undefined && name !== 'last') refuse('only `last` looks back');
  const inSession = entity === 'session' || entity === 'session_product';
  if (inSession !== (window.kind === 'session')) refuse(`a ${entity} has no ${window.kind} window`);
  if (inSession && where.event_types?.some((type) => type.startsWith('session_')))
    refuse('session_start and session_end are seen by users only');
  if (!streamed) return;
  if (entity === 'product') refuse('product views are computed in batch');
  if (name === 'most_frequent')
    refuse('needs a count per value, which no item can bound: compute it in batch');
  if (inSession) return;
  if (name === 'first' || name === 'last')
    refuse('depends on the order of visitors that share a user: use min or max');
  if (window.kind === 'trailing' && (name === 'min' || name === 'max'))
    refuse('is not a sum of day tiles: compute it in batch');
  if (name === 'distinct_count' && aggregate.of !== 'order')
    refuse('no item can bound it over more than a session: compute it in batch');
}
