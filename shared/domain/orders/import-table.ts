import { createHash } from 'node:crypto';
import * as z from 'zod';
import { OrderSourceChanged } from '../../errors.ts';
import type { Clock, ObjectStore, OpenOrderTable, OrderMark, OrderRow } from '../../ports.ts';
import type { OrderSource } from '../../schemas/order-source.ts';
import type { PseudonymKeyRing } from '../identity.ts';
import { tableOrder } from './table-order.ts';

/** What became of the rows that a run has read. */
export interface TableImport {
  rows: number;
  kept: number;
  /** By reason; the rows are under `bronze/refused_orders`. */
  refused: Record<string, number>;
  /** Rows that nobody says when they changed: they cannot be read by watermark. */
  undated: number;
  /** False where time ran out: the next run goes on from here. */
  complete: boolean;
}

const progressFile = z.strictObject({
  updated: z.string(),
  order: z.string(),
  types: z.record(z.string(), z.string()),
});

export const watermarkKey = (source: string) => `orders/watermarks/${source}.json`;

/**
 * Brings what has changed in a shop's order table since the last run into the lake, page by page. The
 * watermark is stored after the page it stands behind: a run that breaks off loses nothing, and what
 * is read twice is written to the same objects or is the same order of the same change.
 * @param deps.until epoch milliseconds; no page is begun after it
 * @throws OrderSourceChanged where a column's type is another than at the last run
 */
export async function importTable(
  source: OrderSource,
  deps: {
    readonly open: OpenOrderTable;
    readonly lake: ObjectStore;
    readonly clock: Clock;
    readonly ring: PseudonymKeyRing;
    readonly until: number;
    readonly report?: (rows: number) => void;
  },
): Promise<TableImport> {
  const { lake, clock } = deps;
  const known = await lake.get(watermarkKey(source.name));
  const before =
    known === null ? null : progressFile.parse(JSON.parse(Buffer.from(known).toString()));
  const result: TableImport = {
    rows: 0,
    kept: 0,
    refused: {},
    undated: 0,
    complete: false,
  };
  const table = await deps.open();
  try {
    const types = await table.types();
    refuseOtherTypes(source, before?.types, types);
    let mark: OrderMark | null = before && { updated: before.updated, order: before.order };
    while (clock.now() < deps.until) {
      const rows = await table.page(mark);
      const last = rows.at(-1);
      if (last !== undefined) {
        await writePage(source, mark, rows, deps, result);
        mark = { updated: last.updated, order: last.order };
        await lake.put(watermarkKey(source.name), Buffer.from(JSON.stringify({ ...mark, types })));
        deps.report?.(result.rows);
      }
      if (rows.length < source.page_rows) {
        result.complete = true;
        break;
      }
    }
    result.undated = await table.countUndated();
    return result;
  } finally {
    await table.close();
  }
}

async function writePage(
  source: OrderSource,
  after: OrderMark | null,
  rows: readonly OrderRow[],
  { lake, clock, ring }: Pick<Parameters<typeof importTable>[1], 'lake' | 'clock' | 'ring'>,
  result: TableImport,
): Promise<void> {
  const objects = new Map<string, string[]>();
  const page = createHash('sha256').update(JSON.stringify(after)).digest('hex').slice(0, 16);
  for (const row of rows) {
    const order = tableOrder(row, source, ring, clock.now());
    const refused = 'refused' in order;
    result.rows++;
    if (refused) result.refused[order.refused] = (result.refused[order.refused] ?? 0) + 1;
    else result.kept++;
    const folder = refused ? 'refused_orders' : 'orders';
    const key = `bronze/${folder}/dt=${row.updated.slice(0, 10)}/${source.name}-${page}.jsonl`;
    const lines = objects.get(key) ?? [];
    lines.push(`${JSON.stringify(order)}\n`);
    objects.set(key, lines);
  }
  await Promise.all([...objects].map(([key, lines]) => lake.put(key, Buffer.from(lines.join('')))));
}

function refuseOtherTypes(
  { name, table }: OrderSource,
  before: Readonly<Record<string, string>> | undefined,
  now: Readonly<Record<string, string>>,
): void {
  const changed = Object.entries(before ?? {})
    .filter(([column, type]) => now[column] !== type)
    .map(([column, type]) => `${column} was ${type} and is ${now[column] ?? 'not mapped'}`);
  if (changed.length > 0)
    throw new OrderSourceChanged(
      `columns of ${table} have changed: ${changed.join(', ')}. Look whether they mean the same; then delete ${watermarkKey(name)} in the lake to read the table anew, which counts no order twice`,
    );
}
