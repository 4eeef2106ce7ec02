import { createHash } from 'node:crypto';
import type { ObjectStore } from '../ports.ts';

/**
 * Notes in the lake what was done, one document a line, under the day of it. The same notes are the
 * same file, so noting them again changes nothing; of nothing there is no note.
 * @param at ISO 8601
 */
export async function noteInLake(
  prefix: string,
  at: string,
  notes: readonly object[],
  lake: ObjectStore,
): Promise<void> {
  if (notes.length === 0) return;
  const text = notes.map((note) => `${JSON.stringify(note)}\n`).join('');
  const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
  const key = `${prefix}dt=${at.slice(0, 10)}/${name}.jsonl`;
  await lake.put(key, new TextEncoder().encode(text));
}
