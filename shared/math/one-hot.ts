/** The distinct values, ascending by Unicode code point, as every language sorts UTF-8. */
export function oneHotCategories(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort(byCodePoint);
}

/** 1 at the value's category and 0 elsewhere; all 0 for a value that is none of them. */
export function oneHot(value: string, categories: readonly string[]): number[] {
  return categories.map((category) => (category === value ? 1 : 0));
}

function byCodePoint(left: string, right: string): number {
  const [a, b] = [Array.from(left), Array.from(right)];
  for (const [place, character] of a.entries()) {
    const other = b[place];
    if (other === undefined) return 1;
    const difference = (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
