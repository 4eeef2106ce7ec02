import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSnapshot } from '../../local/offline-store.ts';
import { refreshSilver } from '../../local/silver.ts';
import { openTrinoOnDuckdb, type TrinoOnDuckdb } from '../../local/trino-on-duckdb.ts';
import { featureName } from '../../shared/features/feature-name.ts';
import { applyToUser, emptyUser, type UserState } from '../../shared/features/user.ts';
import { userView } from '../../shared/features/user-view.ts';
import { featureValues } from '../../shared/features/vector.ts';
import { applyToVisitor, emptyVisitor, type VisitorState } from '../../shared/features/visitor.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import type { FeatureView } from '../../shared/schemas/feature-view.ts';
import type { FeatureValue } from '../../shared/schemas/score.ts';

/** A lake in a temporary folder, with DuckDB open on it. */
export interface TestLake {
  readonly folder: string;
  readonly duckdb: TrinoOnDuckdb;
  /** Appends to a day's file, by the day of receipt unless a folder is named. */
  deliver(events: readonly EnrichedEvent[], day?: string): void;
  close(): void;
}

export async function openTestLake(): Promise<TestLake> {
  const folder = mkdtempSync(join(tmpdir(), 'lake-'));
  const duckdb = await openTrinoOnDuckdb(folder);
  return {
    folder,
    duckdb,
    deliver(events, day) {
      const lines = Map.groupBy(events, (event) => day ?? event.received_at.slice(0, 10));
      for (const [name, received] of lines) {
        const part = join(folder, 'bronze', 'enriched_events', `dt=${name}`);
        mkdirSync(part, { recursive: true });
        const text = received.map((event) => `${JSON.stringify(event)}\n`).join('');
        appendFileSync(join(part, '0.jsonl'), text);
      }
    },
    close() {
      duckdb.close();
      rmSync(folder, { recursive: true });
    },
  };
}

type Values = Readonly<Record<string, FeatureValue>>;

/** The snapshot of a view as of a day's midnight, by id, after bringing silver up to date. */
export async function snapshotOf(
  { duckdb, folder }: TestLake,
  view: FeatureView,
  day: string,
  timeZone = 'UTC',
): Promise<Map<string, Values>> {
  const date = Date.parse(day);
  await refreshSilver(duckdb.connection, folder, date, () => undefined);
  const { path } = await makeSnapshot(duckdb.connection, folder, view, { date, timeZone });
  const read = await duckdb.connection.runAndReadAll(
    `SELECT * FROM read_parquet('${path}', hive_partitioning = false)`,
  );
  return new Map(
    (read.getRows() as FeatureValue[][]).map(([id, ...values]) => [
      id as string,
      Object.fromEntries(values.map((value, place) => [view.features[place]?.name, value])),
    ]),
  );
}

/** Streamed features of every user as the fold reads them at a day's midnight. */
export function foldedUsers(events: readonly EnrichedEvent[], day: string): Map<string, Values> {
  const visitors = new Map<string, VisitorState>();
  const users = new Map<string, UserState>();
  const seen = events
    .filter(({ received_at }) => received_at < day)
    .sort((a, b) => (a.order_key < b.order_key ? -1 : 1));
  for (const event of seen) {
    const visitor = visitors.get(event.visitor) ?? emptyVisitor();
    visitors.set(event.visitor, visitor);
    const { contribution } = applyToVisitor(visitor, event, null);
    if (contribution === null) continue;
    const user = users.get(contribution.user) ?? emptyUser();
    users.set(contribution.user, user);
    applyToUser(user, contribution);
  }
  const query = { at: Date.parse(day), product_id: null, timeZone: 'UTC' };
  return new Map(
    [...users].map(([id, user]) => {
      const values = featureValues({ visitor: null, user, product: null }, query);
      return [id, Object.fromEntries(streamed.map((name) => [name, values[name] ?? null]))];
    }),
  );
}

const streamed = userView.features
  .filter(({ computed_by }) => computed_by === 'stream')
  .map((feature) => featureName(userView, feature));

/** Of each, the features that the stream keeps. */
export function streamedOnly(snapshot: ReadonlyMap<string, Values>): Map<string, Values> {
  return new Map(
    [...snapshot].map(([id, values]) => [
      id,
      Object.fromEntries(streamed.map((name) => [name, values[name] ?? null])),
    ]),
  );
}
