import type { FeatureView } from '../schemas/feature-view.ts';
import { expressionType } from './expression-type.ts';
import { productView } from './product-view.ts';
import { ORDER_COLUMNS } from './trino-orders.ts';
import { BRONZE_COLUMNS, EVENT_COLUMNS, VISITOR_COLUMNS } from './trino-silver.ts';
import { entityColumn, snapshotColumns, snapshotEntity } from './trino-view.ts';
import { userView } from './user-view.ts';

export type TrinoType = 'VARCHAR' | 'DOUBLE' | 'BIGINT' | 'BOOLEAN';

/** A table of the offline store: files in one folder a day, `dt=YYYY-MM-DD`. */
export interface LakeTable {
  readonly name: string;
  /** In the lake, with its slash. */
  readonly folder: string;
  /** In their order, without `dt`. */
  readonly columns: Readonly<Record<string, TrinoType>>;
  /** JSON lines as Firehose delivers them, or Iceberg, where rows can be deleted and replaced. */
  readonly format: 'json' | 'iceberg';
  /** What an engine that prunes by values keeps apart, beside the day. */
  readonly partitions: readonly string[];
}

const times = { event_time: 'BIGINT', received_time: 'BIGINT' } as const;

export const BRONZE_EVENTS: LakeTable = {
  name: 'bronze_events',
  folder: 'bronze/enriched_events/',
  columns: BRONZE_COLUMNS,
  format: 'json',
  partitions: [],
};

/** In the order in which a day of them is made. */
export const SILVER_TABLES = {
  events: silver('events', { ...EVENT_COLUMNS, ...times }, ['event_type']),
  sessions: silver('sessions', { ...EVENT_COLUMNS, ...times, session_seconds: 'DOUBLE' }),
  visitors: silver('visitors', VISITOR_COLUMNS),
  orders: silver('orders', ORDER_COLUMNS),
} as const;

export const SNAPSHOT_VIEWS = { user: userView, product: productView } as const;

export const LAKE_TABLES: readonly LakeTable[] = [
  BRONZE_EVENTS,
  ...Object.values(SILVER_TABLES),
  ...Object.values(SNAPSHOT_VIEWS).map(snapshotTable),
];

/** The table of a view's snapshots, one a day. */
export function snapshotTable(view: FeatureView): LakeTable {
  const name = `${snapshotEntity(view)}_features`;
  const columns = snapshotColumns(view);
  return {
    name,
    folder: `gold/${name}/`,
    columns: {
      [entityColumn(view)]: 'VARCHAR',
      ...Object.fromEntries(
        view.features.map(({ value }, index) => [
          columns[index]?.column as string,
          expressionType(value, view.entity) === 'category' ? 'VARCHAR' : 'DOUBLE',
        ]),
      ),
    },
    format: 'iceberg',
    partitions: [],
  };
}

function silver(
  name: string,
  columns: LakeTable['columns'],
  partitions: LakeTable['partitions'] = [],
): LakeTable {
  return {
    name: `silver_${name}`,
    folder: `silver/${name}/`,
    columns,
    format: 'iceberg',
    partitions,
  };
}
