import * as z from 'zod';
import type { OnlineItem, OnlineStore } from '../shared/ports.ts';

const count = z.number().int().min(0);

/** How far a file is imported, kept beside what the import has changed. */
const importProgress = z.strictObject({
  /** Rows, from the first, that the online items contain. */
  rows: count,
  /** Rows that are no event, and events that the door refused. */
  bad: count,
  refused: count,
  /** The events that were accepted, by what became of them. */
  processed: count,
  late: count,
  rejected: count,
  duplicate: count,
  /** Of the processed ones, those below an order key already processed. */
  out_of_order: count,
  /** The lake has all of it too. */
  complete: z.boolean(),
});
export type ImportProgress = z.infer<typeof importProgress>;

export const NOTHING_IMPORTED: ImportProgress = {
  rows: 0,
  bad: 0,
  refused: 0,
  processed: 0,
  late: 0,
  rejected: 0,
  duplicate: 0,
  out_of_order: 0,
  complete: false,
};

export interface StoredProgress {
  readonly version: number;
  readonly progress: ImportProgress;
}

/** @param digest hex digest of the file's content: under whatever name, it is imported once */
export async function readProgress(store: OnlineStore, digest: string): Promise<StoredProgress> {
  const key = progressKey(digest);
  const item = (await store.read([key], { consistent: true })).get(key);
  if (item === undefined) return { version: 0, progress: NOTHING_IMPORTED };
  return { version: item.version, progress: importProgress.parse(JSON.parse(item.state)) };
}

export function progressItem(digest: string, { version, progress }: StoredProgress): OnlineItem {
  return { key: progressKey(digest), version, state: JSON.stringify(progress) };
}

function progressKey(digest: string): string {
  return `import#${digest}`;
}
