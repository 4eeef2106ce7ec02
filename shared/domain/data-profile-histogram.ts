import type { Example, NumberProfile } from '../schemas/data-profile.ts';
import { Examples } from './data-profile-examples.ts';

/** Ratio of a bucket's bounds: a value is known to 1 %, and prices to 1e9 need 1,050 buckets. */
const LOG_RATIO = Math.log(1.02);

/**
 * Counts positive numbers in buckets of one relative width, so that histograms of parts add up to
 * that of the whole and quantiles are right within 1 %.
 *
 * Source: DDSketch, Masson, Rim & Lee (2019), without its collapsing of buckets.
 */
export class LogHistogram {
  #count = 0;
  #notPositive = 0;
  readonly #notPositiveExamples = new Examples();
  readonly #buckets = new Map<number, number>();
  #largest: { value: number; example: Example } | null = null;

  add(value: number, day: string, id: string): void {
    this.#count++;
    if (value > 0) this.#increase(Math.ceil(Math.log(value) / LOG_RATIO), 1);
    else {
      this.#notPositive++;
      this.#notPositiveExamples.add(day, id);
    }
    this.#consider(value, day, id);
  }

  merge(other: LogHistogram): void {
    this.#count += other.#count;
    this.#notPositive += other.#notPositive;
    this.#notPositiveExamples.merge(other.#notPositiveExamples);
    for (const [index, count] of other.#buckets) this.#increase(index, count);
    if (other.#largest !== null) {
      const { value, example } = other.#largest;
      this.#consider(value, example.day, example.id);
    }
  }

  profile(): NumberProfile {
    return {
      count: this.#count,
      not_positive: this.#notPositive,
      not_positive_examples: this.#notPositiveExamples.list(),
      largest: this.#largest,
      buckets: [...this.#buckets].sort(([a], [b]) => a - b),
    };
  }

  #increase(index: number, by: number): void {
    this.#buckets.set(index, (this.#buckets.get(index) ?? 0) + by);
  }

  #consider(value: number, day: string, id: string): void {
    const best = this.#largest;
    if (best === null || value > best.value || (value === best.value && id < best.example.id))
      this.#largest = { value, example: { day, id } };
  }
}

/** The middle of a bucket: no value of it is further away than 1 %. */
function middleOf(index: number): number {
  return Math.exp((index - 0.5) * LOG_RATIO);
}

/** @returns the median, right within 1 %, or null without a value; 0 stands for what is not positive */
export function median({ count, not_positive, buckets }: NumberProfile): number | null {
  if (count === 0) return null;
  let seen = not_positive;
  if (2 * seen >= count) return 0;
  for (const [index, held] of buckets) {
    seen += held;
    if (2 * seen >= count) return middleOf(index);
  }
  return null;
}

/**
 * How many values of each profile stand in the deciles of the first, what is not positive apart.
 * Deciles that would share a bucket are one.
 */
export function decileCounts(
  baseline: NumberProfile,
  current: NumberProfile,
): readonly [number[], number[]] {
  const positive = baseline.count - baseline.not_positive;
  const edges: number[] = [];
  let seen = 0;
  for (const [index, held] of baseline.buckets) {
    seen += held;
    while (edges.length < 9 && seen >= ((edges.length + 1) * positive) / 10) edges.push(index);
  }
  const distinct = [...new Set(edges)];
  const counts = ({ not_positive, buckets }: NumberProfile) => {
    const bins = [not_positive, ...distinct.map(() => 0), 0];
    for (const [index, held] of buckets) {
      const edge = distinct.findIndex((upper) => index <= upper);
      const bin = edge < 0 ? bins.length - 1 : edge + 1;
      bins[bin] = (bins[bin] as number) + held;
    }
    return bins;
  };
  return [counts(baseline), counts(current)];
}

/** The two-sample Kolmogorov–Smirnov statistic, of values told apart by their buckets. */
export function bucketedKolmogorovSmirnov(left: NumberProfile, right: NumberProfile): number {
  const [a, b] = [new Map(left.buckets), new Map(right.buckets)];
  const indexes = [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y);
  let [below, above] = [left.not_positive / left.count, right.not_positive / right.count];
  let largest = Math.abs(below - above);
  for (const index of indexes) {
    below += (a.get(index) ?? 0) / left.count;
    above += (b.get(index) ?? 0) / right.count;
    largest = Math.max(largest, Math.abs(below - above));
  }
  return largest;
}
