import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type * as z from 'zod';
import { readEnvironment } from './environment.ts';
import { observed } from './observability.ts';
import { once } from './once.ts';

/** One record of a stream batch: its sequence number and its data as UTF-8 text. */
interface StreamRecord {
  readonly sequence: string;
  readonly data: string;
}

/** Returns the sequence numbers that failed; the lowest is where the stream resumes. */
export type StreamLogic = (records: readonly StreamRecord[]) => Promise<readonly string[]>;

export type StreamHandler = (
  event: KinesisStreamEvent,
  context: Context,
) => Promise<KinesisStreamBatchResponse>;

/** A handler of a Kinesis event source mapping that reports failures record by record. */
export function streamHandler<Schema extends z.ZodType>(
  environment: Schema,
  compose: (environment: z.output<Schema>) => StreamLogic | Promise<StreamLogic>,
): StreamHandler {
  const logic = once(() => compose(readEnvironment(environment, process.env)));
  return observed(async (event: KinesisStreamEvent) => {
    const records = event.Records.map(({ kinesis }) => ({
      sequence: kinesis.sequenceNumber,
      data: Buffer.from(kinesis.data, 'base64').toString('utf8'),
    }));
    const failed = await (await logic())(records);
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  });
}
