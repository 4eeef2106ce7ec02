import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, expect, test } from 'vitest';
import { lakeEvents } from '../../shared/domain/lake-events.ts';
import { LAKE_QUERY } from '../../shared/domain/lake-query.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { DAY_MS } from '../../shared/features/day-tiles.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { shopTraffic } from './events.ts';

const directory = freshDataDirectory();
const traffic = shopTraffic(2, 40, 5);
const folder = () => join(directory().path, 'LakeBucket', 'bronze', 'enriched_events');

function deliver(event: EnrichedEvent, at: number, file: number): void {
  const path = join(folder(), `dt=${new Date(at).toISOString().slice(0, 10)}`);
  mkdirSync(path, { recursive: true });
  appendFileSync(join(path, `${file}.jsonl`), `${JSON.stringify(event)}\n`);
}

/** Out of order, some of it beside its day, some of it twice. */
beforeAll(() => {
  for (const [index, event] of traffic.toReversed().entries()) {
    const day = Date.parse(event.received_at);
    deliver(event, index % 3 === 0 ? day + DAY_MS : day, index % 4);
    if (index % 5 === 0) deliver(event, day, 4);
  }
});

test.each([
  ['all of it', '9999-12-31T00:00:00.000Z'],
  ['what came before a moment', traffic[100]?.received_at as string],
])('the query that a manifest records gives what was replayed: %s', async (_case, before) => {
  const replayed: string[] = [];
  for await (const { text } of lakeEvents(openObjectStore('LakeBucket'), Date.parse(before)))
    replayed.push(text);
  const connection = await (await DuckDBInstance.create()).connect();
  const files = join(folder(), '*', '*.jsonl*');
  const queried = await connection.runAndReadAll(LAKE_QUERY, { files, before });
  connection.closeSync();
  expect(replayed).toEqual(queried.getRows().map(([text]) => text));
  const expected = traffic.filter(({ received_at }) => received_at < before);
  expect(replayed).toHaveLength(expected.length);
});
