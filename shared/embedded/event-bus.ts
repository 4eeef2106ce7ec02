import { ServiceUnavailable, StreamUnavailable } from '../errors.ts';
import type { EventBus } from '../ports.ts';
import { dataDirectory } from './data-directory.ts';
import { putDurably } from './put-durably.ts';
import { openStreamLog } from './stream-log.ts';

/** A durable log of what was announced; its subscribers are told (`stream-log.ts`). */
export function openEventBus(bus: string): EventBus {
  const log = openStreamLog(dataDirectory(), bus);
  return {
    async putEvents(events, signal) {
      const entries = events.map(({ type, detail }) => ({ partitionKey: type, data: detail }));
      try {
        return await putDurably(log, entries, signal);
      } catch (error) {
        if (!(error instanceof StreamUnavailable)) throw error;
        throw new ServiceUnavailable(error.message, { cause: error });
      }
    },
  };
}
