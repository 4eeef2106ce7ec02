import type { DeliveryStream } from '../ports.ts';
import { dataDirectory } from './data-directory.ts';
import { putDurably } from './put-durably.ts';
import { openStreamLog } from './stream-log.ts';

/** A durable buffer; the platform writes it to the lake. */
export function openDeliveryStream(name: string): DeliveryStream {
  const log = openStreamLog(dataDirectory(), name);
  return {
    putRecordBatch: (records, signal) =>
      putDurably(
        log,
        records.map((data) => ({ partitionKey: '', data })),
        signal,
      ),
  };
}
