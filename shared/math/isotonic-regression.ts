/** A monotone function through the points (x, y), x ascending; constant outside. */
export interface IsotonicFit {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * Isotonic regression: the monotone function that is closest to the rows in weighted squares, by
 * pooling adjacent violators. Rows of equal x are first merged into their weighted mean. Points inside
 * a constant stretch are left out.
 *
 * Source: Best & Chakravarti (1990), "Active set algorithms for isotonic regression".
 * @param x finite, in any order
 * @param y finite, as many
 * @param weights row weights ≥ 0, not all 0; all 1 when absent
 * @param increasing whether the function must not fall, or must not rise
 */
export function isotonicRegression(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights?: ArrayLike<number>,
  increasing = true,
): IsotonicFit {
  const sign = increasing ? 1 : -1;
  const blocks: Block[] = [];
  for (const point of mergedPoints(x, y, weights)) {
    let block: Block = { ...point, mean: sign * point.mean };
    for (let last = blocks.at(-1); last && last.mean >= block.mean; last = blocks.at(-1)) {
      block = merged(last, block);
      blocks.pop();
    }
    blocks.push(block);
  }
  const ends = blocks.flatMap(({ first, last, mean }) =>
    (first === last ? [first] : [first, last]).map((place) => ({ place, value: sign * mean })),
  );
  return {
    x: Float64Array.from(ends, ({ place }) => place),
    y: Float64Array.from(ends, ({ value }) => value),
  };
}

/** The fitted function at x: linear between its points. */
export function isotonicValue({ x: places, y: values }: IsotonicFit, x: number): number {
  let low = 0;
  let high = places.length - 1;
  if (x <= (places[low] as number)) return values[low] as number;
  if (x >= (places[high] as number)) return values[high] as number;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((places[middle] as number) <= x) low = middle;
    else high = middle;
  }
  const [left, right] = [places[low] as number, places[high] as number];
  const [from, to] = [values[low] as number, values[high] as number];
  return from + ((to - from) * (x - left)) / (right - left);
}

/** Rows of the x from `first` to `last`. */
interface Block {
  readonly first: number;
  readonly last: number;
  readonly mean: number;
  readonly weight: number;
}

function merged(left: Block, right: Block): Block {
  const weight = left.weight + right.weight;
  return {
    first: left.first,
    last: right.last,
    mean: (left.mean * left.weight + right.mean * right.weight) / weight,
    weight,
  };
}

/** One block for each distinct x that has weight, ascending. */
function mergedPoints(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): readonly Block[] {
  const order = Array.from(x, (_, row) => row)
    .filter((row) => weights === undefined || (weights[row] as number) > 0)
    .sort((a, b) => (x[a] as number) - (x[b] as number) || a - b);
  const blocks: Block[] = [];
  for (const row of order) {
    const place = x[row] as number;
    const weight = weights ? (weights[row] as number) : 1;
    const point = { first: place, last: place, mean: y[row] as number, weight };
    const last = blocks.at(-1);
    if (last?.last === place) blocks[blocks.length - 1] = merged(last, point);
    else blocks.push(point);
  }
  return blocks;
}
