import type * as z from 'zod';
import type { EventStream, ObjectStore } from '../ports.ts';
import type { DeadLetter, deadLetterRedrive } from '../schemas/dead-letter.ts';
import { noteInLake } from './lake-note.ts';
import { putAll, type RetryRules } from './put-all.ts';

/** Where the lake notes which dead letters were redriven, one `deadLetterRedrive` a line. */
export const DEAD_LETTER_REDRIVES = 'dead_letter_redrives/';

export interface RedriveOutcome {
  /** Dead letters all of whose kept records are on their stream again, and those records. */
  readonly redriven: number;
  readonly records: number;
  /** Ids of dead letters without a record: forgotten by the stream, or never one. */
  readonly empty: readonly string[];
  /** Ids of dead letters of which the stream did not take everything: redrive them again. */
  readonly failed: readonly string[];
}

/**
 * Puts the records of dead letters to the stream that they came from, as they were: the consumer
 * meets them like any other, and events already applied are duplicates. The note comes after the
 * put: a crash between repeats the put.
 *
 * @param streamOf the stream that a consumer reads
 */
export async function redriveDeadLetters(
  letters: readonly DeadLetter[],
  deps: {
    readonly streamOf: (consumer: string) => EventStream;
    readonly lake: ObjectStore;
    readonly now: () => number;
    readonly retry: RetryRules;
  },
): Promise<RedriveOutcome> {
  const redriven: DeadLetter[] = [];
  const failed: string[] = [];
  const [full, empty] = [true, false].map((isFull) =>
    letters.filter(({ records }) => records.length > 0 === isFull),
  ) as [DeadLetter[], DeadLetter[]];
  for (const letter of full) {
    const stream = deps.streamOf(letter.consumer);
    const outcome = await putAll(
      (entries) => stream.putRecords(entries),
      letter.records.map(({ partition_key, data }) => ({ partitionKey: partition_key, data })),
      deps.retry,
    );
    if (outcome.every((code) => code === null)) redriven.push(letter);
    else failed.push(letter.dead_letter_id);
  }
  const redriven_at = new Date(deps.now()).toISOString();
  const notes = redriven.map(
    ({ dead_letter_id, records }): z.infer<typeof deadLetterRedrive> => ({
      dead_letter_id,
      redriven_at,
      records: records.length,
    }),
  );
  await noteInLake(DEAD_LETTER_REDRIVES, redriven_at, notes, deps.lake);
  return {
    redriven: redriven.length,
    records: redriven.reduce((sum, { records }) => sum + records.length, 0),
    empty: empty.map(({ dead_letter_id }) => dead_letter_id),
    failed,
  };
}
