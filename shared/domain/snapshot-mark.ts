import { UnreadableInput } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import { type SnapshotMark, snapshotMark } from '../schemas/snapshot-mark.ts';

const MARKS = 'gold/snapshots/';

const ASSUMED_AFTER_MS = 6 * 60 * 60 * 1000;

/**
 * When the snapshot of a day that has passed would have been visible: six hours after its midnight,
 * later than a daily job takes. Of a snapshot that was loaded the load knows better.
 * @param date midnight UTC, epoch milliseconds
 */
export function assumedVisibleFrom(date: number): number {
  return date + ASSUMED_AFTER_MS;
}

/**
 * Notes since when a snapshot is visible. What a load has recorded stays, however often the run is
 * repeated; what was only assumed gives way to it.
 * @returns the mark that holds from now on
 */
export async function markSnapshot(lake: ObjectStore, mark: SnapshotMark): Promise<SnapshotMark> {
  const known = await readMark(lake, markKey(mark));
  if (known !== null && (known.source === 'load' || mark.source === 'assumed')) return known;
  await lake.put(markKey(mark), new TextEncoder().encode(`${JSON.stringify(mark)}\n`));
  return mark;
}

/** Every snapshot that was visible, by date. */
export async function* snapshotMarks(lake: ObjectStore): AsyncGenerator<SnapshotMark> {
  for await (const key of lake.list(MARKS)) {
    const mark = await readMark(lake, key);
    if (mark !== null) yield mark;
  }
}

function markKey({ entity, date }: Pick<SnapshotMark, 'entity' | 'date'>): string {
  return `${MARKS}dt=${date}/${entity}.json`;
}

async function readMark(lake: ObjectStore, key: string): Promise<SnapshotMark | null> {
  const body = await lake.get(key);
  if (body === null) return null;
  try {
    return snapshotMark.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch (error) {
    throw new UnreadableInput(
      `${key} of the lake says of no snapshot since when it is visible: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
