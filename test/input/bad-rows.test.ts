import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { findBadRows } from '../../local/find-bad-rows.ts';
import { replayBadRows, sourceBadRow } from '../../shared/domain/bad-rows.ts';
import { enrichRecord } from '../../shared/domain/enrich.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import type { ObjectStore } from '../../shared/ports.ts';
import type { BadRow } from '../../shared/schemas/bad-row.ts';
import { type RawEvent, rawEvent } from '../../shared/schemas/raw-event.ts';
import { MemoryEventStream } from '../domain/memory-streams.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';

freshDataDirectory();
const retry = { attempts: 2, baseDelay: 0, random: () => 0, sleep: async () => {} };
const now = () => Date.UTC(2026, 2, 2);

const raw: RawEvent = {
  order_key: '2026-03-01T10:00:00.000Z~r1~000',
  received_at: '2026-03-01T10:00:00.000Z',
  visitor: 'a-1',
  attempt: 0,
  event: { event_id: 'e-1', event_type: 'wishlist', anonymous_id: 'a-1' },
  door: { user_agent: null, ip_network: null, country: null },
};

function rejected(record: RawEvent): BadRow {
  const enrichment = enrichRecord(record, {
    country: () => null,
    agent: () => ({ device: 'unknown', isBot: false }),
  });
  if ('bad' in enrichment) return enrichment.bad;
  throw new Error('the record is good');
}

const lines = (...rows: readonly BadRow[]) =>
  new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

async function found(lake: ObjectStore) {
  const rows: Record<string, boolean> = {};
  for await (const { row, replayed } of findBadRows(lake)) rows[row.bad_row_id] = replayed;
  return rows;
}

describe('the bad rows of a lake', () => {
  let lake: ObjectStore;
  let bucket = 0;
  beforeEach(() => {
    lake = openObjectStore(`lake-${bucket++}`);
  });
  const deps = (rawEvents = new MemoryEventStream()) => ({ rawEvents, lake, now, retry });

  test('are each found once, whatever was delivered twice and however it is packed', async () => {
    const first = rejected(raw);
    const second = rejected({ ...raw, order_key: '2026-03-01T10:00:00.000Z~r1~001' });
    await lake.put('bronze/bad_rows/dt=2026-03-01/a.jsonl', lines(first, first));
    await lake.put('bronze/bad_rows/dt=2026-03-02/b.jsonl.gz', gzipSync(lines(first, second)));
    expect(await found(lake)).toEqual({
      [first.bad_row_id]: false,
      [second.bad_row_id]: false,
    });
  });

  test('go to the stream again as their raw record, one attempt up', async () => {
    const row = rejected(raw);
    await lake.put('bronze/bad_rows/dt=2026-03-01/a.jsonl', lines(row));
    const stream = new MemoryEventStream();
    expect(await replayBadRows([row], deps(stream))).toEqual({
      replayed: 1,
      unreplayable: [],
      failed: [],
    });
    expect(stream.entries.map(({ partitionKey }) => partitionKey)).toEqual(['a-1']);
    expect(rawEvent.parse(JSON.parse(stream.entries[0]?.data ?? ''))).toEqual({
      ...raw,
      attempt: 1,
    });
    expect(await found(lake)).toEqual({ [row.bad_row_id]: true });
  });

  test('rejected again after a replay are other bad rows of the same event', async () => {
    const first = rejected(raw);
    const again = rejected({ ...raw, attempt: 1 });
    await lake.put('bronze/bad_rows/dt=2026-03-01/a.jsonl', lines(first, again));
    await replayBadRows([first], deps());
    expect(again.order_key).toBe(first.order_key);
    expect(await found(lake)).toEqual({ [first.bad_row_id]: true, [again.bad_row_id]: false });
  });

  test('that the stream does not take stay unreplayed', async () => {
    const rows = ['000', '001'].map((index) =>
      rejected({ ...raw, order_key: `2026-03-01T10:00:00.000Z~r1~${index}` }),
    );
    await lake.put('bronze/bad_rows/dt=2026-03-01/a.jsonl', lines(...rows));
    const [taken, refused] = rows.map(({ bad_row_id }) => bad_row_id) as [string, string];
    // The second entry fails in the first call, and is the only one of the second.
    const stream = new MemoryEventStream((call, index) => call === 1 || index === 1);
    expect(await replayBadRows(rows, deps(stream))).toEqual({
      replayed: 1,
      unreplayable: [],
      failed: [refused],
    });
    expect(await found(lake)).toEqual({ [taken]: true, [refused]: false });
  });

  test.each<[string, BadRow]>([
    [
      'a row of a file',
      sourceBadRow(
        { digest: 'ab'.repeat(32), row: 7, receivedAt: raw.received_at },
        { reason: 'column_count', field: null, message: '3 cells for 4 columns' },
        '1,2,3',
      ),
    ],
    [
      'a row of a file that looks like a record',
      sourceBadRow(
        { digest: 'ab'.repeat(32), row: 8, receivedAt: raw.received_at },
        { reason: 'number_out_of_range', field: 'price', message: 'too large' },
        JSON.stringify(raw),
      ),
    ],
    ['a malformed record', { ...rejected(raw), reason: 'malformed_record', payload: '{"order_' }],
    ['a record of another shape', { ...rejected(raw), payload: '{"order_key":"1"}' }],
  ])('(%s) without a record of the door cannot be replayed and change nothing', async (_, row) => {
    await lake.put('bronze/bad_rows/dt=2026-03-01/a.jsonl', lines(row));
    const stream = new MemoryEventStream();
    expect(await replayBadRows([row], deps(stream))).toEqual({
      replayed: 0,
      unreplayable: [row.bad_row_id],
      failed: [],
    });
    expect(stream.entries).toEqual([]);
    expect(await found(lake)).toEqual({ [row.bad_row_id]: false });
  });
});
