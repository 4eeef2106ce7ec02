import { logit } from './logit.ts';
import { plattScaling } from './platt-scaling.ts';
import { sigmoid } from './sigmoid.ts';

export interface ShrunkenPlatt {
  /** P(positive | margin) = 1 / (1 + exp(a · margin + b)). */
  readonly a: number;
  readonly b: number;
  /** 1: Platt's fit as it is; 0: the margins are left alone. */
  readonly share: number;
}

/**
 * Platt scaling of log-odds, drawn back to leaving them alone as far as it may be chance: the share
 * of the correction that is kept is max(0, 1 − noise / size), size being its mean square over the
 * rows, and noise its variance there when units, not rows, are drawn. What few units with many rows
 * seem to say is believed little, what many say is believed. Margins that are all alike are moved to
 * the share of positives.
 *
 * Source: James & Stein (1961), positive part; Liang & Zeger (1986) for the variance by clusters.
 * @param margins log-odds, finite
 * @param labels 0 or 1, both present
 * @param units of the rows: rows of one unit are alike
 */
export function shrunkenPlatt(
  margins: ArrayLike<number>,
  labels: ArrayLike<number>,
  units: ArrayLike<number>,
): ShrunkenPlatt {
  const constant = levelOfConstant(margins, labels);
  if (constant !== null) return constant;
  const { a, b } = plattScaling(margins, labels);
  const information = new Moments();
  const rows = new Moments();
  const scores = new Map<number, { level: number; slope: number }>();
  let size = 0;
  for (let row = 0; row < margins.length; row++) {
    const margin = margins[row] as number;
    const corrected = -(a * margin + b);
    const probability = sigmoid(corrected);
    information.add(1, margin, probability * (1 - probability));
    rows.add(1, margin, 1);
    size += (corrected - margin) ** 2;
    const unit = units[row] as number;
    const score = scores.get(unit) ?? { level: 0, slope: 0 };
    const residual = (labels[row] as number) - probability;
    score.level += residual;
    score.slope += residual * margin;
    scores.set(unit, score);
  }
  const between = new Moments();
  for (const { level, slope } of scores.values()) between.add(level, slope, 1);
  const inverse = information.inverse();
  const noise = rows.traceWith(inverse.times(between).times(inverse));
  const share = size > 0 ? Math.max(0, 1 - noise / size) : 0;
  return { a: share * (a + 1) - 1, b: share * b, share };
}

/** What differs by rounding only tells rows apart by nothing: their level alone can be right. */
const LEAST_RANGE = 1e-6;

function levelOfConstant(
  margins: ArrayLike<number>,
  labels: ArrayLike<number>,
): ShrunkenPlatt | null {
  let [least, most, positives] = [Infinity, -Infinity, 0];
  for (let row = 0; row < margins.length; row++) {
    least = Math.min(least, margins[row] as number);
    most = Math.max(most, margins[row] as number);
    positives += labels[row] as number;
  }
  if (most - least > LEAST_RANGE) return null;
  const share = (positives + 1) / (margins.length + 2);
  return { a: -1, b: most - logit(share), share: 1 };
}

/** A 2 × 2 matrix of sums of products. */
class Moments {
  #xx = 0;
  #xy = 0;
  #yx = 0;
  #yy = 0;

  add(x: number, y: number, weight: number): void {
    this.#xx += weight * x * x;
    this.#xy += weight * x * y;
    this.#yx += weight * x * y;
    this.#yy += weight * y * y;
  }

  inverse(): Moments {
    const determinant = this.#xx * this.#yy - this.#xy * this.#yx;
    return Moments.#of(
      this.#yy / determinant,
      -this.#xy / determinant,
      -this.#yx / determinant,
      this.#xx / determinant,
    );
  }

  times(other: Moments): Moments {
    return Moments.#of(
      this.#xx * other.#xx + this.#xy * other.#yx,
      this.#xx * other.#xy + this.#xy * other.#yy,
      this.#yx * other.#xx + this.#yy * other.#yx,
      this.#yx * other.#xy + this.#yy * other.#yy,
    );
  }

  /** Trace of the product. */
  traceWith(other: Moments): number {
    return (
      this.#xx * other.#xx + this.#xy * other.#yx + this.#yx * other.#xy + this.#yy * other.#yy
    );
  }

  static #of(xx: number, xy: number, yx: number, yy: number): Moments {
    const matrix = new Moments();
    matrix.#xx = xx;
    matrix.#xy = xy;
    matrix.#yx = yx;
    matrix.#yy = yy;
    return matrix;
  }
}
