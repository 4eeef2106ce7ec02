import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openEventStream } from '../../shared/embedded/event-stream.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { eventStreamContract } from '../contracts/event-stream.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

const directory = freshDataDirectory();

eventStreamContract(() => ({
  stream: openEventStream('Contract'),
  readAll: async () => openStreamLog(directory(), 'Contract').read(0, 1_000_000),
}));

test('tells subscribers of the stream, and of no other, once records are durable', async () => {
  const log = openStreamLog(directory(), 'Subscribed');
  const seen: number[] = [];
  const end = log.subscribe(() => seen.push(log.read(0, 100).length));
  await openEventStream('Subscribed').putRecords([{ partitionKey: 'a', data: '1' }]);
  await openEventStream('Other').putRecords([{ partitionKey: 'a', data: '1' }]);
  await openEventStream('Subscribed').putRecords([{ partitionKey: 'a', data: '2' }]);
  end();
  await openEventStream('Subscribed').putRecords([{ partitionKey: 'a', data: '3' }]);
  expect(seen).toEqual([1, 2]);
});

test('tells subscribers of records that another process has put', async () => {
  const log = openStreamLog(directory(), 'Shared');
  const told = new Promise<void>((resolve) => {
    const end = log.subscribe(() => {
      if (log.read(0, 1).length === 0) return;
      end();
      resolve();
    });
  });
  const other = new DatabaseSync(join(directory().path, 'foresight.db'));
  other.exec(`INSERT INTO "stream Shared" (partition_key, data, arrived_at) VALUES ('a', '1', 0)`);
  other.close();
  await told;
  expect(log.read(0, 10)).toMatchObject([{ partitionKey: 'a', data: '1' }]);
});

test('never uses a sequence number twice, also after everything was trimmed', async () => {
  const log = openStreamLog(directory(), 'Trimmed');
  await log.append([1, 2, 3].map((n) => ({ partitionKey: 'a', data: `${n}` })));
  await log.trim(3);
  expect(log.last()).toBe(3);
  await log.append([{ partitionKey: 'a', data: '4' }]);
  expect(log.read(0, 10)).toMatchObject([{ sequence: 4, data: '4' }]);
});

test('rejects with StreamUnavailable on a full disk, and stores nothing of the call', async () => {
  const { database } = directory();
  const log = openStreamLog(directory(), 'Full');
  const stream = openEventStream('Full');
  const pages = database.prepare('PRAGMA page_count').get()?.['page_count'];
  database.exec(`PRAGMA max_page_count = ${pages}`);
  const entries = Array.from({ length: 50 }, () => ({ partitionKey: 'a', data: 'x'.repeat(4096) }));
  await expect(stream.putRecords(entries)).rejects.toMatchObject({
    name: 'StreamUnavailable',
    message: expect.stringContaining('is full'),
  });
  database.exec('PRAGMA max_page_count = 1000000');
  expect(log.read(0, 100)).toEqual([]);
  expect(await stream.putRecords(entries)).toEqual(Array(50).fill(null));
  expect(log.read(0, 100)).toHaveLength(50);
});
