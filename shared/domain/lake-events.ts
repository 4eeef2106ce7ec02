import { NotEnoughData, UnreadableInput } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import type { EnrichedEvent } from '../schemas/event.ts';
import { lakeText } from './lake-text.ts';

export interface LakeEvent {
  /** The line of the lake that holds it. */
  readonly text: string;
  readonly event: EnrichedEvent;
}

const EVENTS = 'bronze/enriched_events/';
const DAY = /\/dt=(\d{4}-\d{2}-\d{2})\//;
const DAY_MS = 86_400_000;

/**
 * The enriched events of the lake in order_key order, each once however often it was delivered. An
 * event lies in the folder of a day on which it was received or of one beside it, so that three
 * days are in memory at a time.
 * @param before epoch milliseconds; only events received earlier
 * @throws NotEnoughData when there is none; UnreadableInput for a file or line that is no JSON, and
 *   for an event that lies further from its day
 */
export async function* lakeEvents(lake: ObjectStore, before: number): AsyncGenerator<LakeEvent> {
  const folders = await dayFolders(lake);
  if (folders.size === 0)
    throw new NotEnoughData(
      'the lake has no events: foresight import puts files there, and npm start what it receives',
    );
  const waiting = new Map<string, LakeEvent>();
  let emitted = '';
  const upTo = function* (limit: string | null) {
    const keys = [...waiting.keys()].filter((key) => limit === null || key < limit).sort();
    for (const key of keys) {
      yield waiting.get(key) as LakeEvent;
      waiting.delete(key);
      emitted = key;
    }
  };
  for (const [day, keys] of folders) {
    if (Date.parse(day) - DAY_MS >= before) break;
    for (const key of keys) {
      for (const found of await eventsOf(lake, key)) {
        const { received_at, order_key } = found.event;
        if (Date.parse(received_at) >= before) continue;
        if (order_key <= emitted) throw misplaced(key, found.event);
        if (!waiting.has(order_key)) waiting.set(order_key, found);
      }
    }
    yield* upTo(new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10));
  }
  yield* upTo(null);
}

/** Objects by day, both ascending. */
async function dayFolders(lake: ObjectStore): Promise<ReadonlyMap<string, readonly string[]>> {
  const folders = new Map<string, string[]>();
  for await (const key of lake.list(EVENTS)) {
    const day = DAY.exec(key)?.[1];
    if (day === undefined) continue;
    folders.set(day, [...(folders.get(day) ?? []), key]);
  }
  return folders;
}

async function eventsOf(lake: ObjectStore, key: string): Promise<readonly LakeEvent[]> {
  const text = await lakeText(lake, key);
  if (text === null) throw unreadable(`${key} cannot be unpacked`);
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [{ text: line, event: JSON.parse(line) as EnrichedEvent }];
    } catch (error) {
      throw unreadable(`${key}, line ${index + 1}: ${(error as Error).message}`, error);
    }
  });
}

function unreadable(problem: string, cause?: unknown): UnreadableInput {
  return new UnreadableInput(
    `${problem}: restore the file, or take it out of the lake`,
    cause === undefined ? {} : { cause },
  );
}

function misplaced(key: string, { event_id, received_at }: EnrichedEvent): UnreadableInput {
  return new UnreadableInput(
    `${key} holds ${event_id}, received at ${received_at}: more than a day from its folder. Move the file to the folder of its day`,
  );
}
