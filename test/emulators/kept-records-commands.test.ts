import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { openObjectStore } from '../../shared/aws/object-store.ts';
import type { BadRow } from '../../shared/schemas/bad-row.ts';
import type { DeadLetter } from '../../shared/schemas/dead-letter.ts';
import { withStack } from './cloudformation.ts';
import { withStreams } from './kinesis.ts';
import { withBucket } from './s3.ts';

/** Records of a deployed stage that were not processed are put on its streams again. */

const asked = withStack({
  LakeBucket: 'lake',
  RawEventsStream: 'raw',
  EnrichedEventsStream: 'enriched',
});
const readStream = withStreams('raw', 'enriched');
withBucket('lake');

const letter: DeadLetter = {
  dead_letter_id: 'letter-1',
  consumer: 'update-features',
  given_up_at: '2026-11-21T05:00:00.000Z',
  condition: 'RetryAttemptsExhausted',
  named: 1,
  expired: false,
  records: [
    {
      sequence: '1',
      partition_key: 'shopper',
      arrived_at: '2026-11-21T04:00:00.000Z',
      data: '{"enriched":1}',
    },
  ],
  message: '{}',
};
const row: BadRow = {
  bad_row_id: 'order-1~0',
  order_key: 'order-1',
  attempt: 0,
  rejected_at: '2026-11-21T05:00:00.000Z',
  reason: 'unknown_event_type',
  field: 'event_type',
  message: 'is none',
  payload: '{}',
};

beforeAll(async () => {
  const lake = openObjectStore('lake');
  const line = (document: object) => Buffer.from(`${JSON.stringify(document)}\n`);
  await lake.put('dead_letters/update-features/dt=2026-11-21/letter-1.jsonl', line(letter));
  await lake.put('bronze/bad_rows/dt=2026-11-21/rows.jsonl', line(row));
});

async function foresight(...words: string[]) {
  const main = join(import.meta.dirname, '../../cli/main.ts');
  const deployed = ['--stage', 'dev', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...words, ...deployed]);
  return JSON.parse(stdout);
}

test('a dead letter is listed, and its records go to the stream of their consumer, once', async () => {
  expect(await foresight('dead-letters', 'list')).toMatchObject({
    waiting: null,
    consumers: [{ consumer: 'update-features', dead_letters: 1, redriven: 0 }],
  });
  expect(await foresight('dead-letters', 'redrive', '--all')).toMatchObject({ redriven: 1 });
  const again = await foresight('dead-letters', 'redrive', '--all');
  expect(again).toMatchObject({ redriven: 0 });
  expect(await readStream('enriched')).toEqual([
    expect.objectContaining({ partitionKey: 'shopper', data: '{"enriched":1}' }),
  ]);
  expect(await readStream('raw')).toEqual([]);
  expect(new Set(asked)).toEqual(new Set(['foresight-dev']));
});

test('bad rows are listed by reason', async () => {
  expect(await foresight('bad-rows', 'list')).toMatchObject({
    reasons: [{ reason: 'unknown_event_type', rows: 1, replayed: 0 }],
  });
});
