import type { ColumnBins } from './column-bins.ts';

const { fround } = Math;
/** XGBoost's `kRtEps`. */
const GAP = 1e-6;

/**
 * The threshold between the greatest value on the left and the least on the right: their midpoint,
 * in float32; where one side has missing values only, one beyond the other side's values.
 * @param seenLeft by bin, 1 if rows of it went left
 */
export function thresholdBetween(
  { bins, lows, highs }: ColumnBins,
  seenLeft: Uint8Array,
  seenRight: Uint8Array,
): number {
  const below = seenLeft.subarray(0, bins).lastIndexOf(1);
  const above = seenRight.subarray(0, bins).indexOf(1);
  if (below < 0) {
    const least = lows[above] as number;
    return fround(least - (Math.abs(least) + GAP));
  }
  const greatest = highs[below] as number;
  if (above < 0) return fround(greatest + (Math.abs(greatest) + GAP));
  const least = lows[above] as number;
  const middle = fround((greatest + least) / 2);
  return middle > greatest ? middle : least;
}
