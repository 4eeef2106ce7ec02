/**
 * Orders two sequence numbers of a stream: decimal strings that may differ in length.
 * @returns negative, 0 or positive
 */
export function compareSequences(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The higher of two sequence numbers, null being none. */
export function laterSequence(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right;
  return compareSequences(left, right) >= 0 ? left : right;
}
