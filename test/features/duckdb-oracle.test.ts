import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../shared/features/catalogue.ts';
import { compileVector } from '../../shared/features/vector.ts';
import { applyToVisitor, emptyVisitor, type VisitorState } from '../../shared/features/visitor.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';

const TYPES: Readonly<Record<string, EnrichedEvent['event_type']>> = {
  view: 'product_view',
  addtocart: 'add_to_cart',
  transaction: 'purchase',
  cart: 'add_to_cart',
  purchase: 'purchase',
};

type Mapping = (row: readonly string[]) => Partial<EnrichedEvent> & { readonly at: number };

const sets: readonly (readonly [string, Mapping])[] = [
  [
    'retailrocket-buyers',
    ([seconds, visitor, type, product]) => ({
      at: Number(seconds) * 1000,
      visitor: visitor as string,
      event_type: TYPES[type as string] as EnrichedEvent['event_type'],
      product_id: product as string,
    }),
  ],
  [
    'rees46-2019-10-01',
    ([time, type, product, category, , brand, price, visitor, session]) => ({
      at: Date.parse((time as string).replace(' UTC', 'Z').replace(' ', 'T')),
      visitor: visitor as string,
      event_type: TYPES[type as string] as EnrichedEvent['event_type'],
      product_id: product as string,
      product_category: category as string,
      brand: brand || null,
      price: Number(price),
      session_id: session as string,
    }),
  ],
];

function eventsOf(file: string, mapping: Mapping): EnrichedEvent[] {
  const [, ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => enrichedEvent(mapping(line.split(','))));
}

/** Features that both sides compute: not the clock of the read, not constant columns. */
const names = catalogue()
  .filter(({ view, online_only }) => view.startsWith('session') && !online_only)
  .map(({ name }) => name)
  .filter((name) => name !== 'device_type' && name !== 'channel_type');

/** The fold's values at every event, asked about the event's own product. */
function foldedValues(events: readonly EnrichedEvent[]) {
  const vector = compileVector(names);
  const visitors = new Map<string, VisitorState>();
  const values = events.map((event) => {
    const visitor = visitors.get(event.visitor) ?? emptyVisitor();
    visitors.set(event.visitor, visitor);
    applyToVisitor(visitor, event, null);
    return vector(
      { visitor, user: null, product: null },
      { at: visitor.session?.newest ?? 0, product_id: event.product_id, timeZone: 'UTC' },
    );
  });
  return { values, visitors };
}

async function queriedValues(events: readonly EnrichedEvent[]): Promise<(number | null)[][]> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const file = join(folder, 'events.jsonl');
    const rows = events.map((event, n) => ({
      n,
      visitor: event.visitor,
      client: event.session_id,
      type: event.event_type,
      t: Date.parse(event.event_timestamp),
      product: event.product_id,
      category: event.product_category,
      price: event.price,
    }));
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(
      `CREATE TABLE events AS SELECT * FROM read_json('${file}', format = 'newline_delimited',
         columns = {n: 'BIGINT', visitor: 'VARCHAR', client: 'VARCHAR', type: 'VARCHAR',
           t: 'BIGINT', product: 'VARCHAR', category: 'VARCHAR', price: 'DECIMAL(18,4)'})`,
    );
    const query = readFileSync(new URL('session-oracle.sql', import.meta.url), 'utf8');
    const columns = names.map((name) => `${name}::DOUBLE`).join(', ');
    const answer = await connection.runAndReadAll(`SELECT ${columns} FROM (${query}) ORDER BY n`);
    connection.closeSync();
    return answer.getRows() as (number | null)[][];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function agree(folded: unknown, queried: number | null | undefined): boolean {
  if (typeof folded !== 'number' || typeof queried !== 'number') return folded === queried;
  return Math.abs(folded - queried) <= 1e-9 * Math.max(1, Math.abs(queried));
}

describe('the fold and a hand-written query agree at every event', () => {
  for (const [set, mapping] of sets) {
    const file = join(import.meta.dirname, '../../../shared/data', set, 'events.csv.gz');
    test.skipIf(!existsSync(file))(
      `${set} (skipped where its file is absent)`,
      async () => {
        const events = eventsOf(file, mapping);
        const { values, visitors } = foldedValues(events);
        const queried = await queriedValues(events);
        expect(queried).toHaveLength(events.length);
        expect([...visitors.values()].filter(({ inhumanSessions: n }) => n > 0)).toEqual([]);

        const mismatches = values.flatMap((row, n) =>
          row.flatMap((value, column) =>
            agree(value, queried[n]?.[column])
              ? []
              : [`event ${n}, ${names[column]}: ${value} folded, ${queried[n]?.[column]} queried`],
          ),
        );
        expect({ mismatches: mismatches.length, first: mismatches.slice(0, 10) }).toEqual({
          mismatches: 0,
          first: [],
        });
      },
      60_000,
    );
  }
});
