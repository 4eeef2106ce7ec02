import type { EventBus } from '../ports.ts';
import { asService } from './as-service.ts';
import { dataDirectory } from './data-directory.ts';
import { putDurably } from './put-durably.ts';
import { openStreamLog } from './stream-log.ts';

/** A durable log of what was announced; its subscribers are told (`stream-log.ts`). */
export function openEventBus(bus: string): EventBus {
  const log = openStreamLog(dataDirectory(), bus);
  return {
    async putEvents(events, signal) {
      const entries = events.map(({ type, detail }) => ({ partitionKey: type, data: detail }));
      return asService(() => putDurably(log, entries, signal));
    },
  };
}
