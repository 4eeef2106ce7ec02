import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileEvents } from '../../local/file-events.ts';
import { simulateShop } from '../../local/simulator/shop.ts';
import { agentOf } from '../../shared/domain/device.ts';
import { admit, rawEventOf } from '../../shared/domain/door-event.ts';
import { enrichRecord } from '../../shared/domain/enrich.ts';
import { productView } from '../../shared/features/product-view.ts';
import { userView } from '../../shared/features/user-view.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { foldedUsers, openTestLake, snapshotOf, streamedOnly, type TestLake } from './lake.ts';

const FILE = join(import.meta.dirname, '../../../shared/data/retailrocket-buyers/events.csv.gz');
/** Silver makes a day in a tenth of a second: enough of them for the window of 7 days. */
const LAST = '2015-05-15';

function simulatedEvents(): EnrichedEvent[] {
  const ring = { current: 'k1', keys: { k1: '00'.repeat(32) } };
  const shop = { seed: 7, startAt: Date.UTC(2026, 0, 5), days: 7, visitors: 1500 };
  return [...simulateShop(shop)].map(({ at, event }, index) => {
    const admission = admit(event);
    if ('refused' in admission) throw new Error(admission.refused.reason);
    const door = { user_agent: null, ip_network: null, country: null };
    const requestId = String(index).padStart(9, '0');
    const receipt = { receivedAt: at, requestId, index: 0, idempotencyKey: null, door };
    const raw = rawEventOf(admission.admitted, receipt, ring);
    const enrichment = enrichRecord(raw, { country: () => null, agent: agentOf });
    if ('bad' in enrichment) throw new Error(enrichment.bad.reason);
    return enrichment.enriched;
  });
}

let lake: TestLake;
beforeEach(async () => {
  lake = await openTestLake();
});
afterEach(() => lake.close());

/** Values that differ, named: empty where batch and stream agree to the last bit. */
async function mismatches(events: readonly EnrichedEvent[], day: string) {
  const snapshot = streamedOnly(await snapshotOf(lake, userView, day));
  const folded = foldedUsers(events, day);
  expect([...snapshot.keys()].sort()).toEqual([...folded.keys()].sort());
  const differing = [...folded].flatMap(([user, values]) =>
    Object.entries(values).flatMap(([name, value]) => {
      const found = snapshot.get(user)?.[name];
      return found === value ? [] : [`${user} ${name}: ${value} folded, ${found} queried`];
    }),
  );
  return { users: folded.size, differing: differing.length, first: differing.slice(0, 10) };
}

test('simulated shoppers: the SQL has the values of the fold at each midnight', async () => {
  const events = simulatedEvents();
  lake.deliver(events);
  for (const day of ['2026-01-06', '2026-01-10']) {
    const { users, ...result } = await mismatches(events, day);
    expect(result).toEqual({ differing: 0, first: [] });
    expect(users).toBeGreaterThan(20);
  }
}, 30_000);

describe.skipIf(!existsSync(FILE))('retailrocket-buyers (skipped where its file is absent)', () => {
  let events: EnrichedEvent[];
  beforeEach(async () => {
    const source = await fileEvents('retailrocket', [FILE]);
    events = [];
    for (const { event } of source.events) {
      const enriched = event();
      if (enriched === null) continue;
      if (enriched.received_at >= LAST) break;
      events.push(enriched);
    }
    lake.deliver(events);
  });

  test('the SQL has the values of the fold, and of a query by hand for products', async () => {
    const { users, ...result } = await mismatches(events, LAST);
    expect(result).toEqual({ differing: 0, first: [] });
    expect(users).toBeGreaterThan(150);

    const products = await snapshotOf(lake, productView, LAST);
    await lake.duckdb.connection.run(
      `CREATE VIEW bronze AS SELECT * FROM read_ndjson('${lake.folder}/bronze/enriched_events/*/*',
         columns = {product_id: 'VARCHAR', event_type: 'VARCHAR', price: 'DOUBLE', event_timestamp: 'VARCHAR'})`,
    );
    const byHand = await lake.duckdb.connection.runAndReadAll(BY_HAND, { last: LAST });
    expect(products.size).toBeGreaterThan(2000);
    expect([...products].map(([id, values]) => [id, ...Object.values(values)])).toEqual(
      byHand.getRows(),
    );
  }, 30_000);
});

/** From the bronze lines and the lexicon alone; the set has no duplicates, bots or late events. */
const BY_HAND = `
  WITH lines AS (
    SELECT product_id, event_type, price, CAST(event_timestamp AS TIMESTAMP) AS t
    FROM bronze
    WHERE event_type IN ('product_view', 'purchase')
      AND CAST(event_timestamp AS TIMESTAMP) < CAST($last AS TIMESTAMP)
  )
  SELECT product_id,
    count(*) FILTER (event_type = 'purchase' AND t >= CAST($last AS TIMESTAMP) - INTERVAL 30 DAYS)::DOUBLE AS bought,
    count(*) FILTER (event_type = 'product_view' AND t >= CAST($last AS TIMESTAMP) - INTERVAL 30 DAYS)::DOUBLE AS viewed,
    (bought + 2) / (viewed + 100),
    avg(price) FILTER (event_type = 'product_view' AND t >= CAST($last AS TIMESTAMP) - INTERVAL 7 DAYS)
  FROM lines
  GROUP BY product_id
  ORDER BY product_id`;
