import { ratio } from './ratio.ts';

/** Rows of like probability: what was predicted and what came. */
export interface ReliabilityBin {
  /** Weight of the bin's rows. */
  readonly weight: number;
  /** null in a bin without weight, as is the observed rate. */
  readonly meanPredicted: number | null;
  readonly observedRate: number | null;
}

/**
 * Bins of equal width over [0, 1], closed on the left, the last one on both sides: the points of a
 * reliability diagram.
 *
 * Source: Murphy & Winkler (1977), "Reliability of subjective probability forecasts".
 * @param probabilities in [0, 1]
 * @param labels 0 or 1
 * @param weights row weights ≥ 0; all 1 when absent
 * @param bins ≥ 1
 */
export function equalWidthBins(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
  bins = 10,
): readonly ReliabilityBin[] {
  const sums = new BinSums(bins);
  for (let row = 0; row < probabilities.length; row++) {
    const probability = probabilities[row] as number;
    const bin = Math.min(Math.floor(probability * bins), bins - 1);
    sums.add(bin, probability, labels[row] as number, weights ? (weights[row] as number) : 1);
  }
  return sums.bins();
}

/**
 * Bins of equally many rows by ascending probability, equal ones in row order; the first bins hold
 * one row more where the rows do not divide evenly.
 *
 * Source: Nguyen & O'Connor (2015), "Posterior calibration and exploratory analysis for natural language
 * processing models".
 * @param probabilities in [0, 1]
 * @param labels 0 or 1
 * @param bins ≥ 1
 */
export function equalFrequencyBins(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 10,
): readonly ReliabilityBin[] {
  const order = Array.from(probabilities, (_, row) => row).sort(
    (a, b) => (probabilities[a] as number) - (probabilities[b] as number) || a - b,
  );
  const sums = new BinSums(bins);
  const [least, larger] = [Math.floor(order.length / bins), order.length % bins];
  let row = 0;
  for (let bin = 0; bin < bins; bin++)
    for (const end = row + least + (bin < larger ? 1 : 0); row < end; row++) {
      const at = order[row] as number;
      sums.add(bin, probabilities[at] as number, labels[at] as number, 1);
    }
  return sums.bins();
}

class BinSums {
  readonly #weight: Float64Array;
  readonly #predicted: Float64Array;
  readonly #observed: Float64Array;

  constructor(bins: number) {
    this.#weight = new Float64Array(bins);
    this.#predicted = new Float64Array(bins);
    this.#observed = new Float64Array(bins);
  }

  add(bin: number, probability: number, label: number, weight: number): void {
    this.#weight[bin] = (this.#weight[bin] as number) + weight;
    this.#predicted[bin] = (this.#predicted[bin] as number) + weight * probability;
    this.#observed[bin] = (this.#observed[bin] as number) + weight * label;
  }

  bins(): readonly ReliabilityBin[] {
    return Array.from(this.#weight, (weight, bin) => ({
      weight,
      meanPredicted: ratio(this.#predicted[bin] as number, weight),
      observedRate: ratio(this.#observed[bin] as number, weight),
    }));
  }
}
