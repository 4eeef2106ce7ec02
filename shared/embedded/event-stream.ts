import type { EventStream } from '../ports.ts';
import { dataDirectory } from './data-directory.ts';
import { putDurably } from './put-durably.ts';
import { openStreamLog } from './stream-log.ts';

export function openEventStream(stream: string): EventStream {
  const log = openStreamLog(dataDirectory(), stream);
  return { putRecords: (entries, signal) => putDurably(log, entries, signal) };
}
