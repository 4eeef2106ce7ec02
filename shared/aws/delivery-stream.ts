import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { StreamUnavailable } from '../errors.ts';
import type { DeliveryStream } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** What Firehose takes in one PutRecordBatch. */
const MAX_CALL_BYTES = 4 * 1024 * 1024;

/** A Firehose delivery stream by its name; the stream itself ends each record with a newline. */
export function openDeliveryStream(name: string): DeliveryStream {
  const client = new FirehoseClient(callLimits({ attemptMs: 2000, attempts: 3 }));

  async function put(records: readonly Buffer[], signal?: AbortSignal) {
    const command = new PutRecordBatchCommand({
      DeliveryStreamName: name,
      Records: records.map((Data) => ({ Data })),
    });
    const { RequestResponses = [] } = await call(
      `PutRecordBatch on ${name}`,
      StreamUnavailable,
      (options) => client.send(command, options),
      signal,
    );
    return RequestResponses.map(({ ErrorCode }) => ErrorCode ?? null);
  }

  return {
    async putRecordBatch(records, signal) {
      const outcomes: (string | null)[] = [];
      for (const batch of batchesBySize(records.map((record) => Buffer.from(record))))
        outcomes.push(...(await put(batch, signal)));
      return outcomes;
    },
  };
}

/** Splits in order, so that each batch but a single oversized record fits into one call. */
function batchesBySize(records: readonly Buffer[]): Buffer[][] {
  const batches: Buffer[][] = [];
  let bytes = MAX_CALL_BYTES;
  for (const record of records) {
    bytes += record.length;
    if (bytes > MAX_CALL_BYTES) {
      batches.push([]);
      bytes = record.length;
    }
    batches.at(-1)?.push(record);
  }
  return batches;
}
