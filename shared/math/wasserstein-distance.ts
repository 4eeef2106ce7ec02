/**
 * Wasserstein distance of order 1 between two samples: the area between their empirical distribution
 * functions.
 *
 * Source: Vallender (1974), "Calculation of the Wasserstein distance between probability distributions
 * on the line".
 * @param a finite, not empty, in any order
 * @param b likewise
 */
export function wassersteinDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [left, right] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  const places = Float64Array.from([left, right].flatMap((one) => [...one])).sort();
  let [i, j, area] = [0, 0, 0];
  for (let k = 0; k + 1 < places.length; k++) {
    const place = places[k] as number;
    while (i < left.length && (left[i] as number) <= place) i++;
    while (j < right.length && (right[j] as number) <= place) j++;
    area += Math.abs(i / left.length - j / right.length) * ((places[k + 1] as number) - place);
  }
  return area;
}
