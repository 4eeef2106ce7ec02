import { takeEvent } from '../shared/domain/bulk-import.ts';
import { agentOf } from '../shared/domain/device.ts';
import type { EnrichedEvent } from '../shared/schemas/event.ts';
import { type EventRow, type FormatName, readEvents, type SourceFile } from './read-events.ts';

export interface FileEvents {
  readonly files: readonly SourceFile[];
  /** In the order in which the shop received them. */
  readonly events: readonly {
    readonly sourceRow: number;
    readonly event: () => EnrichedEvent | null;
  }[];
  /** Rows that are no events. */
  readonly faults: number;
}

/** Pseudonyms made here never leave the process, so their key need not be a secret. */
const KEY_RING = { current: 'local', keys: { local: '0'.repeat(64) } };
const RULES = { keyRing: KEY_RING, agent: agentOf, country: () => null };

/**
 * Files of events, for walking through in arrival order: `event()` enriches one as the door and
 * `enrich` would, null where they would refuse it.
 * @throws UnreadableInput
 */
export async function fileEvents(
  format: FormatName,
  paths: readonly string[],
): Promise<FileEvents> {
  const source = await readEvents(format, paths);
  const rows: EventRow[] = [];
  let faults = 0;
  for await (const row of source.rows) {
    if ('fault' in row) faults++;
    else rows.push(row);
  }
  // A published file need not be sorted; within an instant the order of its rows stands.
  rows.sort((a, b) => a.at - b.at);
  return { files: source.files, events: rows.map(enrichable), faults };
}

function enrichable({ event, file, sourceRow, at }: EventRow) {
  return {
    sourceRow,
    event: () => {
      const taken = takeEvent(event, { digest: file.digest, row: sourceRow, at }, RULES);
      if ('refused' in taken || 'bad' in taken.enrichment) return null;
      return taken.enrichment.enriched;
    },
  };
}
