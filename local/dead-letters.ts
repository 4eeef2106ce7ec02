import { type DataDirectory, quoted } from '../shared/embedded/data-directory.ts';
import type { LogRecord } from '../shared/embedded/stream-log.ts';
import { kinesisEvent, SHARD_ID, sequenceNumber, streamArn } from './kinesis-event.ts';
import type { StreamMapping } from './wiring.ts';

/** A queue that keeps what a consumer gave up on. */
export interface DeadLetterQueue {
  /** To be called within a transaction of the directory. */
  send(message: DeadLetter): void;
  /** Oldest first. */
  messages(): readonly DeadLetter[];
  size(): number;
}

/**
 * The message of Lambda's on-failure destination for a stream, with the payload that it has where
 * the destination is a bucket: the records outlive the stream's retention here.
 */
export interface DeadLetter {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
    readonly approximateInvokeCount: number;
  };
  readonly version: '1.0';
  readonly timestamp: string;
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly approximateArrivalOfFirstRecord: string;
    readonly approximateArrivalOfLastRecord: string;
    readonly batchSize: number;
    readonly streamArn: string;
  };
  /** The event as the function was given it, JSON. */
  readonly payload: string;
}

export function openDeadLetterQueue({ database }: DataDirectory, queue: string): DeadLetterQueue {
  const table = quoted('queue', queue);
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)`,
  );
  const insert = database.prepare(`INSERT INTO ${table} (body) VALUES (?)`);
  const select = database.prepare(`SELECT body FROM ${table} ORDER BY id`);
  const count = database.prepare(`SELECT count(*) AS messages FROM ${table}`);
  return {
    send: (message) => {
      insert.run(JSON.stringify(message));
    },
    messages: () => select.all().map((row) => JSON.parse(row['body'] as string) as DeadLetter),
    size: () => count.get()?.['messages'] as number,
  };
}

/** @param now epoch milliseconds */
export function deadLetterOf(
  { function: name, stream }: StreamMapping,
  records: readonly LogRecord[],
  because: {
    readonly condition: DeadLetter['requestContext']['condition'];
    readonly requestId: string;
    readonly invocations: number;
    readonly now: number;
  },
): DeadLetter {
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
    payload: JSON.stringify(kinesisEvent(stream, records)),
  };
}
