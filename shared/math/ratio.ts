/** numerator / denominator, or null where the denominator is 0 and the ratio says nothing. */
export function ratio(numerator: number, denominator: number): number | null {
  return denominator === 0 ? null : numerator / denominator;
}
