import { MalformedRecord } from '../../errors.ts';
import { type ClvScore, clvScore } from '../../schemas/clv.ts';

/** Scores as JSON lines in the order of customers' ids: the same scores, the same bytes. */
export function scoreLines(scores: readonly ClvScore[]): Uint8Array {
  const sorted = scores.toSorted((one, other) => (one.customer_id < other.customer_id ? -1 : 1));
  return new TextEncoder().encode(sorted.map((score) => `${JSON.stringify(score)}\n`).join(''));
}

/** @throws MalformedRecord naming the line that is no score */
export function parseScoreLines(bytes: Uint8Array, key: string): readonly ClvScore[] {
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  return lines.map((line, index) => {
    const parsed = clvScore.safeParse(jsonOf(line));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new MalformedRecord(
      `${key}, line ${index + 1}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}: score the part again`,
    );
  });
}

/** @returns undefined where it is no JSON: no schema takes that */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
