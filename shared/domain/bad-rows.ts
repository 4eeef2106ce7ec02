import type { EventStream, ObjectStore, StreamEntry } from '../ports.ts';
import type { BadRow } from '../schemas/bad-row.ts';
import { type RawEvent, rawEvent } from '../schemas/raw-event.ts';
import { noteInLake } from './lake-note.ts';
import { putAll, type RetryRules } from './put-all.ts';

/** Where the lake notes which bad rows were replayed, one `badRowReplay` a line. */
export const BAD_ROW_REPLAYS = 'bronze/bad_row_replays/';
/** Begins the order key of a row that never reached the stream, and so was never accepted. */
const SOURCE_ROW = 'source~';

/**
 * A row of a file that is no event, or an event of one that the door refused, as a bad row. The
 * same row of the same content is the same bad row however often the file is read.
 *
 * @param source hex digest of the file's content, the 1-based row, and when the event or, where the
 *   row has no time, the one before it was received (ISO 8601)
 */
export function sourceBadRow(
  source: { readonly digest: string; readonly row: number; readonly receivedAt: string },
  fault: { readonly reason: string; readonly field: string | null; readonly message: string },
  payload: string,
): BadRow {
  const order_key = `${SOURCE_ROW}${source.digest.slice(0, 16)}~${source.row}`;
  const bad_row_id = `${order_key}~0`;
  return { bad_row_id, order_key, attempt: 0, rejected_at: source.receivedAt, ...fault, payload };
}

export interface ReplayOutcome {
  readonly replayed: number;
  /** Ids of rows that hold no record of the door: to be put right at their source. */
  readonly unreplayable: readonly string[];
  /** Ids of rows that the stream did not take: replay them again. */
  readonly failed: readonly string[];
}

/**
 * Puts the raw records of bad rows to the stream again, one attempt up, and notes it in the lake.
 * The note comes after the put: a crash between repeats the put, which the consumers notice.
 */
export async function replayBadRows(
  rows: readonly BadRow[],
  deps: {
    readonly rawEvents: EventStream;
    readonly lake: ObjectStore;
    readonly now: () => number;
    readonly retry: RetryRules;
  },
): Promise<ReplayOutcome> {
  const entries: { id: string; entry: StreamEntry }[] = [];
  const unreplayable: string[] = [];
  for (const row of rows) {
    const raw = rawRecord(row);
    if (raw === null) unreplayable.push(row.bad_row_id);
    else entries.push({ id: row.bad_row_id, entry: nextAttempt(raw) });
  }
  const outcome = await putAll(
    (chunk) => deps.rawEvents.putRecords(chunk),
    entries.map(({ entry }) => entry),
    deps.retry,
  );
  const idsWhere = (taken: boolean) =>
    entries.filter((_, index) => (outcome[index] === null) === taken).map(({ id }) => id);
  const replayed = idsWhere(true);
  const replayed_at = new Date(deps.now()).toISOString();
  const notes = replayed.map((bad_row_id) => ({ bad_row_id, replayed_at }));
  await noteInLake(BAD_ROW_REPLAYS, replayed_at, notes, deps.lake);
  return { replayed: replayed.length, unreplayable, failed: idsWhere(false) };
}

/** The door's record, or null: a row of a file, a refused event or a malformed record has none. */
function rawRecord(row: BadRow): RawEvent | null {
  if (row.order_key.startsWith(SOURCE_ROW)) return null;
  try {
    return rawEvent.safeParse(JSON.parse(row.payload)).data ?? null;
  } catch {
    return null; // the payload is no JSON: it is kept for a person to read
  }
}

function nextAttempt(raw: RawEvent): StreamEntry {
  const data = JSON.stringify({ ...raw, attempt: raw.attempt + 1 });
  return { partitionKey: raw.visitor, data };
}
