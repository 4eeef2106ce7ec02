import { sigmoid } from '../math/sigmoid.ts';
import type { ClvReason } from '../schemas/clv.ts';
import type { Forest } from '../trees/forest.ts';
import { compileExplainer } from '../trees/tree-shap.ts';
import { CLV_MIXTURES, type ClvCandidate, type ClvPopulation, growth } from './clv-candidates.ts';
import { CLV_FEATURES } from './clv-features.ts';
import { seasonFactor } from './clv-season.ts';
import type { ClvSnapshot } from './clv-snapshot.ts';

/** Why a customer's value is what it is, in money: `base` and all contributions sum to it. */
export interface ClvExplanation {
  /** Value of a customer of whom nothing is known. */
  readonly base: number;
  /** By `CLV_FEATURES`. */
  readonly contributions: Float64Array;
}

const EXPECTED_VALUE = CLV_FEATURES.indexOf('expected_value');

/**
 * Contributions of features to the champion's value. A forest's TreeSHAP contributions explain a
 * logarithm of money (of a two-stage forest, that of each stage); they are brought to money by the
 * logarithmic mean of value and base, which keeps the sum. What BG/NBD × Gamma-Gamma adds by itself
 * stands under `expected_value`.
 *
 * Source: Ang (2004), "Decomposition analysis for policymaking in energy: which is the preferred
 * method?" (LMDI).
 */
export function openClvReasons(
  { trees, season, span }: ClvPopulation,
  champion: ClvCandidate,
): (snapshot: ClvSnapshot, row: number) => ClvExplanation {
  const explainers = trees && {
    buy: shapOf(trees.buy),
    amount: shapOf(trees.amount),
    tweedie: shapOf(trees.tweedie),
    correction: shapOf(trees.correction),
  };
  const features = new Float32Array(CLV_FEATURES.length);
  return (snapshot, row) => {
    for (const [column, values] of snapshot.columns.entries())
      features[column] = values[row] as number;
    const factor = seasonFactor(season, snapshot.at, span.horizonDays);
    const contributions = new Float64Array(CLV_FEATURES.length);
    let base = 0;
    const plain = snapshot.predictions[row]?.value ?? 0;
    /** Adds a component whose value is `start` times e to the sum of the logarithms. */
    const add = (weight: number, start: number, logarithms: Float64Array) => {
      const sum = logarithms.reduce((all, one) => all + one, 0);
      const perLogarithm = sum === 0 ? start : (start * Math.expm1(sum)) / sum;
      base += weight * start;
      for (const [feature, logarithm] of logarithms.entries())
        contributions[feature] =
          (contributions[feature] as number) + weight * perLogarithm * logarithm;
    };
    for (const [component, weight] of CLV_MIXTURES[champion]) {
      if (component === 'seasonal-bg-nbd' || trees === null || explainers === null) {
        contributions[EXPECTED_VALUE] =
          (contributions[EXPECTED_VALUE] as number) + weight * plain * factor;
        continue;
      }
      const scale = factor * growth(snapshot, row);
      if (component === 'tweedie') {
        const { bias, logarithms } = explainers.tweedie(features);
        add(weight, Math.exp(bias) * trees.mean * trees.levels.tweedie * scale, logarithms);
      } else if (component === 'correction') {
        const { bias, logarithms } = explainers.correction(features);
        const offset = Math.max(trees.least, snapshot.short[row]?.value ?? 0);
        logarithms[EXPECTED_VALUE] =
          (logarithms[EXPECTED_VALUE] as number) + Math.log(offset / trees.mean);
        add(weight, Math.exp(bias) * trees.mean * trees.levels.correction * scale, logarithms);
      } else {
        const buy = explainers.buy(features);
        const { bias, logarithms } = explainers.amount(features);
        const margin = buy.bias + buy.logarithms.reduce((all, one) => all + one, 0);
        const slope =
          margin === buy.bias
            ? 1 - sigmoid(margin)
            : (logSigmoid(margin) - logSigmoid(buy.bias)) / (margin - buy.bias);
        const start = sigmoid(buy.bias) * Math.exp(bias) * trees.smearing;
        add(
          weight,
          start * trees.levels.twoStage * scale,
          logarithms.map((one, feature) => one + slope * (buy.logarithms[feature] as number)),
        );
      }
    }
    return { base, contributions };
  };
}

function shapOf(forest: Forest) {
  const explainer = compileExplainer(forest);
  return (row: Float32Array) => {
    const logarithms = new Float64Array(CLV_FEATURES.length);
    explainer.contributions(row, logarithms);
    return { bias: explainer.bias, logarithms };
  };
}

const logSigmoid = (margin: number) => -Math.log1p(Math.exp(-margin));

/** The largest contributions, the largest first; none of 0. */
export function largestReasons(
  { contributions }: ClvExplanation,
  { columns }: ClvSnapshot,
  row: number,
  most: number,
): ClvReason[] {
  const order = [...contributions.keys()]
    .filter((feature) => contributions[feature] !== 0)
    .sort(
      (one, other) =>
        Math.abs(contributions[other] as number) - Math.abs(contributions[one] as number),
    );
  return order.slice(0, most).map((feature) => {
    const value = columns[feature]?.[row] as number;
    return {
      feature: CLV_FEATURES[feature] as string,
      value: Number.isFinite(value) ? value : null,
      contribution: contributions[feature] as number,
    };
  });
}
