import { StreamUnavailable } from '../errors.ts';
import type { StreamReader } from '../ports.ts';
import { dataDirectory } from './data-directory.ts';
import { openStreamLog } from './stream-log.ts';
import { SHARD_ID, sequenceNumber } from './stream-position.ts';

const READ_RECORDS = 1000;
const READ_CHARACTERS = 4_000_000;

export function openStreamReader(stream: string): StreamReader {
  const log = openStreamLog(dataDirectory(), stream);
  return {
    async shards() {
      return [SHARD_ID];
    },
    async *read(shard, from) {
      if (shard !== SHARD_ID) throw new StreamUnavailable(`${stream} has no shard ${shard}`);
      let after = from === null ? 0 : Number(from) - 1;
      if (Number.isNaN(after))
        throw new StreamUnavailable(`${from} is no sequence number of ${stream}`);
      for (;;) {
        const records = log.read(after, READ_RECORDS, READ_CHARACTERS);
        if (records.length === 0) return;
        for (const { sequence, ...record } of records) {
          yield { ...record, sequence: sequenceNumber(sequence) };
          after = sequence;
        }
      }
    },
  };
}
