import { Usage } from '../errors.ts';
import type { EventType } from '../schemas/event.ts';
import {
  type Expectation,
  type ExpectationOverrides,
  expectationOverrides,
  type Measure,
} from '../schemas/expectation.ts';

const OF_PRODUCTS: EventType[] = ['product_view', 'add_to_cart', 'remove_from_cart', 'purchase'];
const PRICED: EventType[] = ['product_view', 'add_to_cart', 'purchase'];

/** The first set: what a training set must be unless the shop says otherwise. */
export const EXPECTATIONS: readonly Expectation[] = [
  halt('enough_events', { kind: 'events' }, { at_least: 100 }),
  halt('readable', { kind: 'unreadable' }, { at_most: 0 }),
  halt(
    'fields',
    { kind: 'faults', problems: ['missing', 'unknown_field', 'wrong_type'] },
    { at_most: 0 },
  ),
  halt(
    'ids_and_timestamps_not_null',
    {
      kind: 'faults',
      problems: ['null', 'missing'],
      fields: ['event_id', 'visitor', 'order_key', 'event_timestamp', 'received_at'],
    },
    { at_most: 0 },
  ),
  halt(
    'known_event_types',
    { kind: 'faults', problems: ['null', 'invalid'], fields: ['event_type'] },
    { at_most: 0 },
  ),
  halt('values', { kind: 'faults', problems: ['invalid'] }, { at_most: 0 }),
  warn('event_ids_unique', { kind: 'duplicate_share' }, { at_most: 0.01 }),
  halt('event_ids_mostly_unique', { kind: 'duplicate_share' }, { at_most: 0.1 }),
  halt(
    'products_named',
    { kind: 'null_share', field: 'product_id', of: OF_PRODUCTS },
    { at_most: 0.05 },
  ),
  halt('prices_present', { kind: 'null_share', field: 'price', of: PRICED }, { at_most: 0.05 }),
  halt(
    'orders_named',
    { kind: 'null_share', field: 'order_id', of: ['purchase'] },
    { at_most: 0.05 },
  ),
  halt(
    'quantities_present',
    { kind: 'null_share', field: 'quantity', of: ['purchase'] },
    { at_most: 0.05 },
  ),
  halt(
    'products_named_every_day',
    { kind: 'worst_day_null_share', field: 'product_id', of: OF_PRODUCTS },
    { at_most: 0.25 },
  ),
  halt(
    'prices_present_every_day',
    { kind: 'worst_day_null_share', field: 'price', of: PRICED },
    { at_most: 0.25 },
  ),
  halt('price_positive', { kind: 'not_positive_share', field: 'price' }, { at_most: 0.01 }),
  halt('quantity_positive', { kind: 'not_positive_share', field: 'quantity' }, { at_most: 0 }),
  halt('price_plausible', { kind: 'largest_over_median', field: 'price' }, { at_most: 10_000 }),
  warn(
    'quantity_plausible',
    { kind: 'largest_over_median', field: 'quantity' },
    { at_most: 10_000 },
  ),
  halt('session_duration', { kind: 'mean_session_seconds' }, { at_least: 0, at_most: 3600 }),
  halt(
    'purchases',
    { kind: 'type_share', event_type: 'purchase' },
    { at_least: 1e-6, at_most: 0.9 },
  ),
  warn('product_categories', { kind: 'distinct', field: 'product_category' }, { at_most: 10_000 }),
  warn('brands', { kind: 'distinct', field: 'brand' }, { at_most: 50_000 }),
  halt('currencies', { kind: 'distinct', field: 'currency' }, { at_most: 200 }),
  halt('countries', { kind: 'distinct', field: 'country' }, { at_most: 300 }),
  halt('no_missing_day', { kind: 'missing_days' }, { at_most: 0 }),
  warn('no_thin_day', { kind: 'least_day_over_trailing_mean' }, { at_least: 0.25 }),
  halt('no_nearly_empty_day', { kind: 'least_day_over_trailing_mean' }, { at_least: 0.02 }),
  warn('no_flooded_day', { kind: 'greatest_day_over_trailing_mean' }, { at_most: 4 }),
  warn('fresh', { kind: 'hours_since_newest' }, { at_most: 48 }),
  warn('price_as_accepted', { kind: 'number_drift', field: 'price' }, { at_most: 0.25 }),
  halt('price_of_the_same_kind', { kind: 'number_drift', field: 'price' }, { at_most: 2 }),
  warn('quantity_as_accepted', { kind: 'number_drift', field: 'quantity' }, { at_most: 0.25 }),
  warn(
    'sessions_as_accepted',
    { kind: 'number_drift', field: 'session_seconds' },
    { at_most: 0.25 },
  ),
  warn(
    'event_types_as_accepted',
    { kind: 'category_drift', field: 'event_type' },
    { at_most: 0.25 },
  ),
  halt(
    'event_types_of_the_same_kind',
    { kind: 'category_drift', field: 'event_type' },
    { at_most: 2 },
  ),
  warn('devices_as_accepted', { kind: 'category_drift', field: 'device_type' }, { at_most: 0.25 }),
  warn(
    'channels_as_accepted',
    { kind: 'category_drift', field: 'channel_type' },
    { at_most: 0.25 },
  ),
  warn('countries_as_accepted', { kind: 'category_drift', field: 'country' }, { at_most: 0.25 }),
  warn(
    'categories_as_accepted',
    { kind: 'category_drift', field: 'product_category' },
    { at_most: 0.25 },
  ),
];

interface Bounds {
  readonly at_least?: number;
  readonly at_most?: number;
}

function halt(name: string, measure: Measure, bounds: Bounds): Expectation {
  return { name, measure, at_least: null, at_most: null, ...bounds, severity: 'halt' };
}

function warn(name: string, measure: Measure, bounds: Bounds): Expectation {
  return { ...halt(name, measure, bounds), severity: 'warn' };
}

/**
 * The first set with what a shop wants otherwise.
 * @param text JSON of `expectationOverrides`
 * @param source names it in errors
 * @throws Usage for text that is none, and for a change of an expectation that does not exist
 */
export function overriddenExpectations(text: string, source: string): readonly Expectation[] {
  const { change, add } = parseOverrides(text, source);
  const names = new Set(EXPECTATIONS.map(({ name }) => name));
  for (const name of Object.keys(change))
    if (!names.has(name))
      throw new Usage(`${source} changes ${name}, which is none of ${[...names].join(', ')}`);
  for (const { name } of add) {
    if (names.has(name)) throw new Usage(`${source} adds ${name}, which exists: change it`);
    names.add(name);
  }
  return [
    ...EXPECTATIONS.map((one) => ({ ...one, ...(change[one.name] as Partial<Expectation>) })),
    ...add,
  ];
}

function parseOverrides(text: string, source: string): ExpectationOverrides {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Usage(`${source} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = expectationOverrides.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Usage(`${source}: ${issue?.path.join('.') || 'the document'}: ${issue?.message}`);
}
