import { expect, test } from 'vitest';
import { openEventStream } from '../../shared/embedded/event-stream.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { openStreamReader } from '../../shared/embedded/stream-reader.ts';
import { streamReaderContract } from '../contracts/stream-reader.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

const directory = freshDataDirectory();

streamReaderContract(() => ({
  reader: openStreamReader('Contract'),
  stream: openEventStream('Contract'),
}));

test('begins with the oldest that is left where the one asked for is forgotten', async () => {
  const log = openStreamLog(directory(), 'Trimmed');
  await log.append([1, 2, 3].map((n) => ({ partitionKey: 'a', data: `${n}` })));
  await log.trim(2);
  const reader = openStreamReader('Trimmed');
  const [shard = ''] = await reader.shards();
  for await (const record of reader.read(shard, '1')) {
    expect(record).toMatchObject({ data: '3', sequence: `${'0'.repeat(55)}3` });
  }
});
