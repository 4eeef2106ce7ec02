/**
 * Row numbers by descending score, equal scores in row order: what the ranking metrics walk.
 * @throws RangeError where a score is NaN: it has no place, and equals not even itself in a tie
 */
export function descendingOrder(scores: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(scores.length);
  for (let row = 0; row < order.length; row++) {
    if (Number.isNaN(scores[row])) throw new RangeError(`the score of row ${row} is no number`);
    order[row] = row;
  }
  return order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}
