/** Takes rows out of a tree's sums, each with the probability 1 − `share`, by zeroing their pairs. */
export function leaveOutRows(pairs: Float32Array, share: number, random: () => number): void {
  if (share === 1) return;
  for (let i = 0; i < pairs.length; i += 2) {
    if (random() < share) continue;
    pairs[i] = 0;
    pairs[i + 1] = 0;
  }
}

/** 1 for each of ⌊share · columns⌋ columns, at least one, drawn without replacement. */
export function sampledColumns(columns: number, share: number, random: () => number): Uint8Array {
  const sampled = new Uint8Array(columns);
  let wanted = Math.max(1, Math.floor(share * columns));
  for (let column = 0; column < columns; column++) {
    if (random() * (columns - column) >= wanted) continue;
    sampled[column] = 1;
    wanted--;
  }
  return sampled;
}
