import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  type _Record as KinesisRecord,
  ListShardsCommand,
  type ListShardsCommandInput,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-kinesis';
import { StreamUnavailable } from '../errors.ts';
import type { StreamedRecord, StreamReader } from '../ports.ts';
import { backoff } from './backoff.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** The most that a call takes; it answers at most 10 MB. */
const MAX_RECORDS = 10_000;
/** A shard takes five reads a second, its consumers' included. */
const THROTTLED_RETRIES = 8;

type Position = Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'StartingSequenceNumber'>;

/** A Kinesis data stream by its name, read by polling. */
export function openStreamReader(stream: string): StreamReader {
  const client = new KinesisClient(callLimits({ attemptMs: 10_000, attempts: 3 }));
  const sending = <Answer>(what: string, send: () => Promise<Answer>) =>
    call(`${what} of ${stream}`, StreamUnavailable, send);

  async function iteratorAt(shard: string, position: Position): Promise<string | undefined> {
    const at = { StreamName: stream, ShardId: shard, ...position };
    const command = new GetShardIteratorCommand(at);
    const { ShardIterator } = await sending(`GetShardIterator on ${shard}`, () =>
      client.send(command),
    );
    return ShardIterator;
  }

  /** Null where the iterator, good for five minutes, has expired. */
  async function recordsAt(shard: string, ShardIterator: string) {
    return sending(`GetRecords on ${shard}`, async () => {
      for (let retry = 1; ; retry++) {
        try {
          return await client.send(new GetRecordsCommand({ ShardIterator, Limit: MAX_RECORDS }));
        } catch (error) {
          if (error instanceof ExpiredIteratorException) return null;
          const isThrottled = error instanceof ProvisionedThroughputExceededException;
          if (!isThrottled || retry > THROTTLED_RETRIES) throw error;
        }
        await backoff(retry);
      }
    });
  }

  return {
    async shards() {
      const shards: string[] = [];
      let next: ListShardsCommandInput | null = { StreamName: stream };
      while (next !== null) {
        const command: ListShardsCommand = new ListShardsCommand(next);
        const { Shards = [], NextToken } = await sending('ListShards', () => client.send(command));
        shards.push(...Shards.flatMap(({ ShardId }) => ShardId ?? []));
        next = NextToken === undefined ? null : { NextToken };
      }
      return shards;
    },

    async *read(shard, from) {
      let position: Position =
        from === null
          ? { ShardIteratorType: 'TRIM_HORIZON' }
          : { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: from };
      let iterator = await iteratorAt(shard, position);
      while (iterator !== undefined) {
        const answer = await recordsAt(shard, iterator);
        if (answer === null) {
          iterator = await iteratorAt(shard, position);
          continue;
        }
        const { Records = [], NextShardIterator, MillisBehindLatest = 0 } = answer;
        for (const record of Records) {
          yield recordOf(record);
          position = {
            ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
            StartingSequenceNumber: record.SequenceNumber,
          };
        }
        // An empty answer says nothing while there is more behind it.
        const atEnd = Records.length === 0 && MillisBehindLatest === 0;
        iterator = atEnd ? undefined : NextShardIterator;
      }
    },
  };
}

function recordOf({
  PartitionKey = '',
  SequenceNumber = '',
  Data = new Uint8Array(),
  ApproximateArrivalTimestamp,
}: KinesisRecord): StreamedRecord {
  return {
    partitionKey: PartitionKey,
    sequence: SequenceNumber,
    data: Buffer.from(Data).toString(),
    arrivedAt: ApproximateArrivalTimestamp?.getTime() ?? 0,
  };
}
