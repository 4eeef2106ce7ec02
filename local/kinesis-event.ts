import type { KinesisStreamEvent } from 'aws-lambda';
import type { LogRecord } from '../shared/embedded/stream-log.ts';
import { SHARD_ID, sequenceNumber } from '../shared/embedded/stream-position.ts';

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';

export const streamArn = (stream: string) =>
  `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${stream}`;

/** The event that a Kinesis event source mapping hands to a function. */
export function kinesisEvent(stream: string, records: readonly LogRecord[]): KinesisStreamEvent {
  return {
    Records: records.map(({ sequence, partitionKey, data, arrivedAt }) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey,
        sequenceNumber: sequenceNumber(sequence),
        data: Buffer.from(data).toString('base64'),
        approximateArrivalTimestamp: arrivedAt / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${SHARD_ID}:${sequenceNumber(sequence)}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: `arn:aws:iam::${ACCOUNT}:role/embedded`,
      awsRegion: REGION,
      eventSourceARN: streamArn(stream),
    })),
  };
}
