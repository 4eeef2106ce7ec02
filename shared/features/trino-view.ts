import { InvalidFeatureDefinition } from '../errors.ts';
import type { FeatureDefinition, FeatureView } from '../schemas/feature-view.ts';
import { aggregatesOf } from './accumulators.ts';
import { DAY_MS } from './day-tiles.ts';
import { featureName } from './feature-name.ts';
import { type Source, TrinoAggregates } from './trino-aggregates.ts';
import { expressionSql } from './trino-expression.ts';
import { textLiteral } from './trino-fields.ts';

/** A feature that a snapshot carries, by the column that has it. */
export interface SnapshotColumn {
  readonly column: string;
  /** Its name in vectors and manifests. */
  readonly feature: string;
  readonly computed_by: FeatureDefinition['computed_by'];
}

const ENTITY_COLUMN = { user: 'user_id', product: 'product_id' } as const;
export type SnapshotEntity = keyof typeof ENTITY_COLUMN;

/** @throws InvalidFeatureDefinition for a view that only the stream keeps */
export function snapshotEntity({ entity }: FeatureView): SnapshotEntity {
  if (entity !== 'user' && entity !== 'product')
    throw new InvalidFeatureDefinition(
      `a ${entity} has no snapshots: its features come from replaying the fold`,
    );
  return entity;
}

/** Column that holds the entity's id in the lake and in its snapshots. */
export function entityColumn(view: FeatureView): (typeof ENTITY_COLUMN)[SnapshotEntity] {
  return ENTITY_COLUMN[snapshotEntity(view)];
}

/** Glue allows no dot and no `@` in the name of a column. */
export function snapshotColumns(view: FeatureView): readonly SnapshotColumn[] {
  return view.features.map((feature) => ({
    column: feature.version === 1 ? feature.name : `${feature.name}_v${feature.version}`,
    feature: featureName(view, feature),
    computed_by: feature.computed_by,
  }));
}

/** Days that an entity keeps its row, of zeros, after the last window has passed its events. */
const KEPT_DAYS = 7;

/**
 * One Trino query for every feature of a user or product view, streamed ones too, as of a midnight:
 * over what was received before it, windows of the N full days before it. DuckDB runs the same text
 * after its prelude of macros. A row an entity: its id, a column a feature in the view's order
 * (DOUBLE, or VARCHAR of a category).
 *
 * Reads `silver_events` and, for users, `silver_sessions`; where each feature has a window, only the
 * days that the longest of them reaches and a week before: for that week an entity that nothing
 * happens to any more is told as zeros, and then no more. Sums are of integers, as in the fold, so
 * the values are equal to the last bit.
 *
 * @param date midnight UTC, epoch milliseconds
 * @throws InvalidFeatureDefinition where a definition needs what only a session's fold knows
 */
export function trinoView(
  view: FeatureView,
  { date, timeZone }: { date: number; timeZone: string },
): string {
  if (date % DAY_MS !== 0) throw new RangeError(`${date} is no midnight UTC`);
  const id = entityColumn(view);
  const aggregates = new TrinoAggregates(date);
  const read = {
    at: date,
    timeZone,
    columnOf: aggregates.columnOf.bind(aggregates),
  };
  const columns = snapshotColumns(view);
  const values = view.features.map(
    ({ value }, index) => `${expressionSql(value, read)} AS ${columns[index]?.column}`,
  );
  const relations = aggregates.relations().join(',\n');
  const { from, entity } = aggregates.joined();
  return `WITH ${[...occurrences(view, id, date, relations), relations].join(',\n')}
SELECT ${[`${entity} AS ${id}`, ...values].join(',\n  ')}
FROM ${from}
ORDER BY 1
`;
}

const OCCURRENCE_COLUMNS = [
  'event_id',
  'event_type',
  'event_time',
  'order_key',
  'product_id',
  'product_category',
  'brand',
  'price',
  'quantity',
  'order_id',
  'query',
  'device_type',
  'channel_type',
  'country',
] as const;

/**
 * What the features look at, no more: an entity without such an event has no row, as it has no item
 * in the stream. Users also see when their sessions begin and have ended.
 *
 * @param relations the text that reads them: columns it does not name are left out, for not every
 *   engine sees through a relation that is read more than once
 */
function occurrences(
  view: FeatureView,
  id: string,
  date: number,
  relations: string,
): readonly string[] {
  const isNamed = (column: string) => new RegExp(`\\b${column}\\b`).test(relations);
  const types = typesOf(view);
  const reach = reachOf(view);
  const begin = reach === null ? null : date - (reach + KEPT_DAYS) * DAY_MS;
  // An event is received on its own day or later, so what a window reaches lies in these folders.
  const range = [
    ...(begin === null ? [] : [`dt >= '${dayOf(begin)}'`]),
    `dt < '${dayOf(date)}'`,
    ...(begin === null ? [] : [`event_time >= ${begin}`]),
    `event_time < ${date}`,
  ];
  const from = (
    source: Source,
    table: string,
    columns: readonly string[],
    isRead: (type: string) => boolean,
  ) => {
    if (!new RegExp(`\\bFROM ${source}\\b`).test(relations)) return [];
    const where = [
      ...range,
      `${id} IS NOT NULL`,
      ...(types === null
        ? []
        : [`event_type IN (${types.filter(isRead).map(textLiteral).join(', ')})`]),
    ];
    const selected = [`${id} AS entity`, ...columns.filter(isNamed)].join(', ');
    return [
      `${source} AS (\n  SELECT ${selected}\n  FROM ${table}\n  WHERE ${where.join(' AND ')}\n)`,
    ];
  };
  const isOfSession = (type: string) => type === 'session_start' || type === 'session_end';
  return [
    ...from('occurrences', 'silver_events', OCCURRENCE_COLUMNS, (type) => !isOfSession(type)),
    ...from(
      'session_occurrences',
      'silver_sessions',
      [...OCCURRENCE_COLUMNS, 'session_seconds'],
      isOfSession,
    ),
  ];
}

/** Days of the longest window; null where an aggregation looks at a lifetime. */
function reachOf(view: FeatureView): number | null {
  const days = view.features
    .flatMap(({ value }) => aggregatesOf(value))
    .map(({ function: name, window }) =>
      // A distinct value counts on the first day of all that has it.
      window.kind === 'trailing' && name !== 'distinct_count' ? window.days : null,
    );
  return days.includes(null) ? null : Math.max(...(days as number[]));
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Null where an aggregation takes events of any type. */
function typesOf(view: FeatureView): readonly string[] | null {
  const types = view.features
    .flatMap(({ value }) => aggregatesOf(value))
    .map(({ where }) => where.event_types);
  return types.includes(undefined) ? null : [...new Set(types.flat() as string[])].sort();
}
