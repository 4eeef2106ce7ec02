import { createHash } from 'node:crypto';
import { UnreadableInput } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import type { Snapshot, SnapshotRow } from './feature-snapshot.ts';
import { lakeText } from './lake-text.ts';

export interface KeptRows {
  /** JSON of a `SnapshotRow` each, in their own order. */
  readonly lines: readonly string[];
  /** Hex SHA-256 of the lines: the same rows have the same, whoever exported them. */
  readonly digest: string;
}

/** Keeps what a snapshot tells online, in the place of what was kept of that date. */
export async function keepRows(
  lake: ObjectStore,
  snapshot: Snapshot,
  rows: AsyncIterable<SnapshotRow>,
): Promise<void> {
  const lines: string[] = [];
  for await (const { id, values } of rows) lines.push(`${JSON.stringify({ id, values })}\n`);
  const text = new Blob(lines.sort()).stream();
  const zipped = new Response(text.pipeThrough(new CompressionStream('gzip')));
  await lake.put(rowsKey(snapshot), new Uint8Array(await zipped.arrayBuffer()));
}

/**
 * The rows that were kept of a snapshot.
 * @throws UnreadableInput where there are none, or they cannot be unpacked
 */
export async function keptRows(lake: ObjectStore, snapshot: Snapshot): Promise<KeptRows> {
  const key = rowsKey(snapshot);
  const text = await lakeText(lake, key);
  const again = `foresight features snapshot --date ${snapshot.date} makes it anew`;
  if (text === null) throw new UnreadableInput(`${key} cannot be unpacked: ${again}`);
  if (text === '')
    throw new UnreadableInput(`there is no ${key}, which was visible online: ${again}`);
  const digest = createHash('sha256').update(text).digest('hex');
  return { lines: text.split('\n').slice(0, -1), digest };
}

function rowsKey({ entity, date }: Snapshot): string {
  return `gold/snapshot_rows/dt=${date}/${entity}.jsonl.gz`;
}
