import type { LogRecord } from '../shared/embedded/stream-log.ts';
import { SHARD_ID, sequenceNumber } from '../shared/embedded/stream-position.ts';
import type { DeadLetterMessage } from '../shared/schemas/dead-letter.ts';
import { streamArn } from './kinesis-event.ts';
import type { StreamMapping } from './wiring.ts';

export type GivingUp = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/**
 * The message of Lambda's on-failure destination for a stream.
 * @param now epoch milliseconds
 */
export function deadLetterOf(
  { function: name, stream }: StreamMapping,
  records: readonly LogRecord[],
  because: {
    readonly condition: GivingUp;
    readonly requestId: string;
    readonly invocations: number;
    readonly now: number;
  },
): DeadLetterMessage {
  const [first, last] = [records[0] as LogRecord, records.at(-1) as LogRecord];
  return {
    requestContext: {
      requestId: because.requestId,
      functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      condition: because.condition,
      approximateInvokeCount: because.invocations,
    },
    version: '1.0',
    timestamp: new Date(because.now).toISOString(),
    KinesisBatchInfo: {
      shardId: SHARD_ID,
      startSequenceNumber: sequenceNumber(first.sequence),
      endSequenceNumber: sequenceNumber(last.sequence),
      approximateArrivalOfFirstRecord: new Date(first.arrivedAt).toISOString(),
      approximateArrivalOfLastRecord: new Date(last.arrivedAt).toISOString(),
      batchSize: records.length,
      streamArn: streamArn(stream),
    },
  };
}

/** The first record that a message names, as the log numbers it. */
export function firstNamed(message: string): number {
  const { KinesisBatchInfo } = JSON.parse(message) as DeadLetterMessage;
  return Number(KinesisBatchInfo.startSequenceNumber);
}
