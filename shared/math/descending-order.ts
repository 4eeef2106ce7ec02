/**
 * Row numbers by descending score, equal scores in row order: what the ranking metrics walk.
 * @param scores finite numbers
 */
export function descendingOrder(scores: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(scores.length);
  for (let row = 0; row < order.length; row++) order[row] = row;
  return order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}
