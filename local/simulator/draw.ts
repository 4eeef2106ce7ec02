/** A generator of uniform numbers in [0, 1), such as `seededRandom`. */
export type Random = () => number;

/** Weights summed up from the left, for `drawIndex`. */
export function cumulative(weights: readonly number[]): Float64Array {
  const sums = new Float64Array(weights.length);
  let sum = 0;
  for (const [index, weight] of weights.entries()) sums[index] = sum += weight;
  return sums;
}

/** Index drawn with probability proportional to its weight; `sums` as of `cumulative`. */
export function drawIndex(random: Random, sums: Float64Array): number {
  const point = random() * (sums[sums.length - 1] as number);
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] as number) > point) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** An element drawn uniformly from a list that isn't empty. */
export function drawOne<Element>(random: Random, elements: readonly Element[]): Element {
  return elements[Math.floor(random() * elements.length)] as Element;
}

/** Exponential with the given mean. */
export function drawExponential(random: Random, mean: number): number {
  return -mean * Math.log1p(-random());
}

/** Standard normal, by Box and Muller. */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log1p(-random())) * Math.cos(2 * Math.PI * random());
}
