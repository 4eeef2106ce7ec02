import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RING_ENTRIES } from '../shared/features/applied-ring.ts';
import { visitorFromItem, visitorKey } from '../shared/features/item.ts';
import { VISITOR_MEMORY_MS, type VisitorState } from '../shared/features/visitor.ts';
import type { OnlineStore } from '../shared/ports.ts';

/** What became of every event, counted in the stores and not on the way there. */
export interface Accounting {
  /** Distinct records in the lake's raw events. */
  readonly accepted: number;
  readonly processed: number;
  readonly late: number;
  readonly duplicate: number;
  /** Accepted, but in no attempt an event. */
  readonly rejected: number;
  /** Events of files that the door refused, and rows that are no event. */
  readonly refused: number;
  readonly bad: number;
  /** accepted = processed + late + rejected + duplicate, and no item says otherwise. */
  readonly exact: boolean;
  readonly visitors: VisitorCheck;
}

/** Whether the counters in the visitors' items are those that the lake gives. */
interface VisitorCheck {
  readonly agreeing: number;
  readonly differing: number;
  /** Their items have expired. */
  readonly forgotten: number;
}

const MEMORY_DAYS = VISITOR_MEMORY_MS / 86_400_000;

/**
 * Judges every event of the lake by the rules of the fold, and asks the online items whether they
 * have counted the same: a visitor remembers its last 256 events, so a copy that comes later is
 * another event.
 *
 * @param lakeFolder of the lake's objects
 */
export async function accountFor(lakeFolder: string, online: OnlineStore): Promise<Accounting> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    await connection.run('SET preserve_insertion_order = false');
    await connection.run(`
      CREATE VIEW raw AS ${linesOf(lakeFolder, 'raw_events', { order_key: 'VARCHAR' })};
      CREATE VIEW rejections AS
        ${linesOf(lakeFolder, 'bad_rows', { order_key: 'VARCHAR', reason: 'VARCHAR' })};
      CREATE VIEW delivered AS ${linesOf(lakeFolder, 'enriched_events', {
        order_key: 'VARCHAR',
        visitor: 'VARCHAR',
        event_id: 'VARCHAR',
        event_timestamp: 'TIMESTAMP',
        received_at: 'TIMESTAMP',
      })};
      CREATE TEMP TABLE judged AS
        WITH placed AS (
          SELECT *, row_number() OVER arrival AS place,
            received_at - lag(received_at) OVER arrival > INTERVAL ${MEMORY_DAYS} DAY AS is_return
          FROM (SELECT DISTINCT * FROM delivered)
          WINDOW arrival AS (PARTITION BY visitor ORDER BY order_key)
        )
        SELECT order_key, visitor,
          count(*) FILTER (is_return) OVER (PARTITION BY visitor ORDER BY place) AS life, CASE
          WHEN place - lag(place) OVER (PARTITION BY visitor, event_id ORDER BY place)
            <= ${RING_ENTRIES} THEN 'duplicate'
          WHEN received_at - event_timestamp > INTERVAL 24 HOUR THEN 'late'
          ELSE 'processed' END AS fate
        FROM placed`);
    const totals = await connection.runAndReadAll(`
      SELECT
        (SELECT count(DISTINCT order_key) FROM raw) AS accepted,
        (SELECT count(*) FROM judged WHERE fate = 'processed') AS processed,
        (SELECT count(*) FROM judged WHERE fate = 'late') AS late,
        (SELECT count(*) FROM judged WHERE fate = 'duplicate') AS duplicate,
        (SELECT count(DISTINCT order_key) FROM rejections WHERE order_key NOT LIKE 'source~%'
          AND order_key NOT IN (SELECT order_key FROM judged)) AS rejected,
        (SELECT count(DISTINCT order_key) FROM rejections
          WHERE order_key LIKE 'source~%' AND reason = 'refused') AS refused,
        (SELECT count(DISTINCT order_key) FROM rejections
          WHERE order_key LIKE 'source~%' AND reason <> 'refused') AS bad`);
    const counts = numbers(totals.getRowObjectsJS()[0] ?? {});
    const byVisitor = await connection.stream(`
      WITH lives AS (
        SELECT visitor, life, count(*) FILTER (fate = 'processed') AS processed,
          count(*) FILTER (fate = 'late') AS late, count(*) FILTER (fate = 'duplicate') AS duplicate
        FROM judged GROUP BY visitor, life
      ), since AS (
        SELECT visitor, sum(processed) OVER later AS processed, sum(late) OVER later AS late,
          sum(duplicate) OVER later AS duplicate
        FROM lives WINDOW later AS (PARTITION BY visitor ORDER BY life DESC)
      )
      SELECT visitor, list(concat_ws(' ', processed, late, duplicate)) AS counters
      FROM since GROUP BY visitor`);
    const visitors = { agreeing: 0, differing: 0, forgotten: 0 };
    for await (const rows of byVisitor.yieldRowObjectJs()) await check(rows, online, visitors);
    const { accepted = 0, processed = 0, late = 0, duplicate = 0, rejected = 0 } = counts;
    const { refused = 0, bad = 0 } = counts;
    const exact = accepted === processed + late + rejected + duplicate && visitors.differing === 0;
    return { accepted, processed, late, duplicate, rejected, refused, bad, exact, visitors };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A query for the lines of a table of the lake's bronze, empty where it has none. */
function linesOf(lake: string, table: string, columns: Readonly<Record<string, string>>): string {
  const folder = join(lake, 'bronze', table);
  const names = Object.entries(columns);
  if (!existsSync(folder)) {
    return `SELECT ${names.map(([name, type]) => `NULL::${type} AS ${name}`).join(', ')} LIMIT 0`;
  }
  const shape = names.map(([name, type]) => `${name}: '${type}'`).join(', ');
  const glob = join(folder, '*', '*').replaceAll("'", "''");
  return `SELECT * FROM read_json('${glob}', format = 'newline_delimited', columns = {${shape}})`;
}

type Row = Readonly<Record<string, unknown>>;

function numbers(row: Row): Record<string, number> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));
}

/** What one batch read takes. */
const MAX_KEYS = 100;

async function check(
  rows: readonly Row[],
  online: OnlineStore,
  visitors: { -readonly [Count in keyof VisitorCheck]: number },
): Promise<void> {
  for (let start = 0; start < rows.length; start += MAX_KEYS) {
    const chunk = rows.slice(start, start + MAX_KEYS);
    const keys = chunk.map(({ visitor }) => visitorKey(String(visitor)));
    const items = await online.read(keys, { consistent: true });
    for (const [index, row] of chunk.entries()) {
      const item = items.get(keys[index] as string);
      if (item === undefined) visitors.forgotten++;
      else if (agrees(visitorFromItem(item).counters, row)) visitors.agreeing++;
      else visitors.differing++;
    }
  }
}

/** A visitor who returned after its item had expired is counted from then on. */
function agrees(counters: VisitorState['counters'], row: Row): boolean {
  const { processed, late, duplicate } = counters;
  return (row['counters'] as string[]).includes(`${processed} ${late} ${duplicate}`);
}
