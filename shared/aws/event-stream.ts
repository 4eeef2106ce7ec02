import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { StreamUnavailable } from '../errors.ts';
import type { EventStream } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** A Kinesis data stream by its name. */
export function openEventStream(stream: string): EventStream {
  const client = new KinesisClient(callLimits({ attemptMs: 2000, attempts: 3 }));
  return {
    async putRecords(entries, signal) {
      if (entries.length === 0) return [];
      const command = new PutRecordsCommand({
        StreamName: stream,
        Records: entries.map(({ partitionKey, data }) => ({
          PartitionKey: partitionKey,
          Data: Buffer.from(data),
        })),
      });
      const { Records = [] } = await call(
        `PutRecords on ${stream}`,
        StreamUnavailable,
        (options) => client.send(command, options),
        signal,
      );
      return Records.map(({ ErrorCode }) => ErrorCode ?? null);
    },
  };
}
