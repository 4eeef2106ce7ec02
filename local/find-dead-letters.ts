import { DEAD_LETTER_REDRIVES } from '../shared/domain/dead-letter-redrive.ts';
import { DEAD_LETTERS } from '../shared/domain/dead-letters.ts';
import type { ObjectStore } from '../shared/ports.ts';
import { type DeadLetter, deadLetter, deadLetterRedrive } from '../shared/schemas/dead-letter.ts';
import { lakeLines } from './lake-lines.ts';

export interface FoundDeadLetter {
  readonly letter: DeadLetter;
  /** How often its records were put to their stream again. */
  readonly redrives: number;
}

/** The distinct dead letters of the lake, by consumer and day. */
export async function* findDeadLetters(lake: ObjectStore): AsyncGenerator<FoundDeadLetter> {
  const redrives = new Map<string, number>();
  for await (const line of lakeLines(lake, DEAD_LETTER_REDRIVES)) {
    const { dead_letter_id } = deadLetterRedrive.parse(JSON.parse(line));
    redrives.set(dead_letter_id, (redrives.get(dead_letter_id) ?? 0) + 1);
  }
  const seen = new Set<string>();
  for await (const line of lakeLines(lake, DEAD_LETTERS)) {
    const letter = deadLetter.parse(JSON.parse(line));
    if (seen.has(letter.dead_letter_id)) continue;
    seen.add(letter.dead_letter_id);
    yield { letter, redrives: redrives.get(letter.dead_letter_id) ?? 0 };
  }
}
