import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ServiceUnavailable } from '../errors.ts';
import type { BusEvent, EventBus } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

const SOURCE = 'foresight';
/** What EventBridge takes in one PutEvents, its own fields counted too. */
const MAX_ENTRIES = 10;
const MAX_CALL_BYTES = 256 * 1024;

/** An EventBridge bus by its name or ARN. */
export function openEventBus(bus: string): EventBus {
  const client = new EventBridgeClient(callLimits({ attemptMs: 3000, attempts: 3 }));

  async function put(events: readonly BusEvent[], signal?: AbortSignal) {
    const command = new PutEventsCommand({
      Entries: events.map(({ type, detail }) => ({
        EventBusName: bus,
        Source: SOURCE,
        DetailType: type,
        Detail: detail,
      })),
    });
    const { Entries = [] } = await call(
      `PutEvents on ${bus}`,
      ServiceUnavailable,
      (options) => client.send(command, options),
      signal,
    );
    return events.map((_, index) =>
      Entries[index]?.EventId ? null : (Entries[index]?.ErrorCode ?? 'NoResult'),
    );
  }

  return {
    async putEvents(events, signal) {
      const outcomes: (string | null)[] = [];
      for (const batch of batchesOf(events)) outcomes.push(...(await put(batch, signal)));
      return outcomes;
    },
  };
}

/** In order, each within the limits of a call but a single oversized event. */
function batchesOf(events: readonly BusEvent[]): BusEvent[][] {
  const batches: BusEvent[][] = [];
  let bytes = MAX_CALL_BYTES;
  for (const event of events) {
    const size = SOURCE.length + Buffer.byteLength(event.type) + Buffer.byteLength(event.detail);
    bytes += size;
    if (bytes > MAX_CALL_BYTES || batches.at(-1)?.length === MAX_ENTRIES) {
      batches.push([]);
      bytes = size;
    }
    batches.at(-1)?.push(event);
  }
  return batches;
}
