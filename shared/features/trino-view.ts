import { InvalidFeatureDefinition } from '../errors.ts';
import type { FeatureDefinition, FeatureView } from '../schemas/feature-view.ts';
import { aggregatesOf } from './accumulators.ts';
import { DAY_MS } from './day-tiles.ts';
import { featureName } from './feature-name.ts';
import { TrinoAggregates } from './trino-aggregates.ts';
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

/** Column that holds the entity's id in the lake and in its snapshots. */
export function entityColumn(view: FeatureView): (typeof ENTITY_COLUMN)[SnapshotEntity] {
  if (view.entity !== 'user' && view.entity !== 'product')
    throw new InvalidFeatureDefinition(
      `a ${view.entity} has no snapshots: its features come from replaying the fold`,
    );
  return ENTITY_COLUMN[view.entity];
}

/** Glue allows no dot and no `@` in the name of a column. */
export function snapshotColumns(view: FeatureView): readonly SnapshotColumn[] {
  return view.features.map((feature) => ({
    column: feature.version === 1 ? feature.name : `${feature.name}_v${feature.version}`,
    feature: featureName(view, feature),
    computed_by: feature.computed_by,
  }));
}

/**
 * One Trino query for every feature of a user or product view, streamed ones too, as of a midnight:
 * over what was received before it, windows of the N full days before it. DuckDB runs the same text
 * after its prelude of macros. A row an entity: its id, a column a feature in the view's order
 * (DOUBLE, or VARCHAR of a category), `valid_from`.
 *
 * Reads `silver_events` and, for users, `silver_sessions`. Sums are of integers, as in the fold, so
 * the values are equal to the last bit.
 *
 * @param date midnight UTC, epoch milliseconds
 * @param validFrom when the snapshot is visible online, epoch milliseconds
 * @throws InvalidFeatureDefinition where a definition needs what only a session's fold knows
 */
export function trinoView(
  view: FeatureView,
  { date, validFrom, timeZone }: { date: number; validFrom: number; timeZone: string },
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
  return `WITH occurrences AS (
${occurrences(view, id, date, relations)}
),
${relations}
SELECT aggregates.entity AS ${id},
  ${values.join(',\n  ')},
  CAST(${validFrom} AS BIGINT) AS valid_from
FROM ${['aggregates', ...aggregates.joins()].join('\n')}
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
function occurrences(view: FeatureView, id: string, date: number, relations: string): string {
  const day = new Date(date).toISOString().slice(0, 10);
  const isNamed = (column: string) => new RegExp(`\\b${column}\\b`).test(relations);
  const columns = OCCURRENCE_COLUMNS.filter(isNamed);
  const readsSeconds = isNamed('session_seconds');
  const from = (table: string, seconds: string, types: readonly string[] | null) =>
    `  SELECT ${[`${id} AS entity`, ...columns, ...(readsSeconds ? [seconds] : [])].join(', ')}
  FROM ${table}
  WHERE dt < '${day}' AND event_time < ${date} AND ${id} IS NOT NULL${
    types === null ? '' : ` AND event_type IN (${types.map(textLiteral).join(', ')})`
  }`;
  const types = typesOf(view);
  const isOfSession = (type: string) => type === 'session_start' || type === 'session_end';
  const parts = [
    from(
      'silver_events',
      'CAST(NULL AS DOUBLE) AS session_seconds',
      types?.filter((type) => !isOfSession(type)) ?? null,
    ),
    ...(view.entity === 'user'
      ? [from('silver_sessions', 'session_seconds', types?.filter(isOfSession) ?? null)]
      : []),
  ];
  return parts.join('\n  UNION ALL\n');
}

/** Null where an aggregation takes events of any type. */
function typesOf(view: FeatureView): readonly string[] | null {
  const types = view.features
    .flatMap(({ value }) => aggregatesOf(value))
    .map(({ where }) => where.event_types);
  return types.includes(undefined) ? null : [...new Set(types.flat() as string[])].sort();
}
