import { UnusableModel } from '../errors.ts';
import { logit } from '../math/logit.ts';
import type { AdditiveModel, LogisticModel, Manifest, RuleModel } from '../schemas/model.ts';
import type { FeatureValue } from '../schemas/score.ts';

type ManifestFeature = Manifest['features'][number];

/** A model as code. Values come checked against the features' types, numbers finite. */
export interface Evaluator {
  /** Log-odds before calibration. */
  margin(values: readonly FeatureValue[]): number;
  /**
   * Writes each feature's contribution in log-odds, in the order of the manifest's features.
   * @returns the bias: with the contributions it sums to the margin, to rounding
   */
  contribute(values: readonly FeatureValue[], contributions: Float64Array): number;
  /** The columns as XGBoost takes them, NaN where missing; null for a model that has none. */
  row(values: readonly FeatureValue[]): Float32Array | null;
}

/** @throws UnusableModel for what no manifest of these features can mean */
export function compileAdditive(
  model: AdditiveModel,
  features: readonly ManifestFeature[],
): Evaluator {
  const { bias, contribute } =
    model.kind === 'rule' ? compileRule(model, features) : compileLogistic(model, features);
  const scratch = new Float64Array(features.length);
  return {
    margin(values) {
      contribute(values, scratch);
      let margin = bias;
      for (const contribution of scratch) margin += contribution;
      return margin;
    },
    contribute(values, contributions) {
      contribute(values, contributions);
      return bias;
    },
    row: () => null,
  };
}

/** The margin is `bias` plus the contributions. */
interface Additive {
  readonly bias: number;
  contribute(values: readonly FeatureValue[], contributions: Float64Array): void;
}

/** The rule that holds moves the margin from that of `otherwise` to its own. */
function compileRule(model: RuleModel, features: readonly ManifestFeature[]): Additive {
  const bias = logit(model.otherwise);
  const rules = model.rules.map((rule) => ({
    feature: indexOf(rule.feature, 'number', features),
    atLeast: rule.at_least,
    contribution: logit(rule.probability) - bias,
  }));
  return {
    bias,
    contribute(values, contributions) {
      contributions.fill(0);
      const rule = rules.find(({ feature, atLeast }) => {
        const value = values[feature] as number | null;
        return value !== null && value >= atLeast;
      });
      if (rule !== undefined) contributions[rule.feature] = rule.contribution;
    },
  };
}

function compileLogistic(model: LogisticModel, features: readonly ManifestFeature[]): Additive {
  const taken = new Set<string>();
  const terms = model.terms.map((term) => {
    if (taken.has(term.feature))
      throw new UnusableModel(`model.json has two terms for ${term.feature}, one is allowed`);
    taken.add(term.feature);
    return term.type === 'piecewise'
      ? { feature: indexOf(term.feature, 'number', features), add: compilePiecewise(term) }
      : { feature: indexOf(term.feature, 'category', features), add: compileCategorical(term) };
  });
  return {
    bias: model.intercept,
    contribute(values, contributions) {
      contributions.fill(0);
      for (const { feature, add } of terms)
        contributions[feature] = add(values[feature] as FeatureValue);
    },
  };
}

type Term<Type extends string> = Extract<LogisticModel['terms'][number], { type: Type }>;

function compilePiecewise(term: Term<'piecewise'>): (value: FeatureValue) => number {
  const knots = Float64Array.from(term.knots);
  const weights = Float64Array.from(term.weights);
  if (
    knots.length !== weights.length ||
    knots.some((knot, i) => i > 0 && !(knot > at(knots, i - 1)))
  )
    throw new UnusableModel(
      `model.json: ${term.feature} needs ascending knots and as many weights as knots`,
    );
  const last = knots.length - 1;
  return (value) => {
    if (value === null) return term.missing_weight;
    const x = value as number;
    if (x <= at(knots, 0)) return at(weights, 0);
    if (x >= at(knots, last)) return at(weights, last);
    let right = 1;
    while (at(knots, right) < x) right++;
    const left = right - 1;
    const share = (x - at(knots, left)) / (at(knots, right) - at(knots, left));
    return at(weights, left) * (1 - share) + at(weights, right) * share;
  };
}

function compileCategorical(term: Term<'categorical'>): (value: FeatureValue) => number {
  const weights = new Map(Object.entries(term.weights));
  return (value) => weights.get(value as string) ?? term.missing_weight;
}

function at(values: Float64Array, index: number): number {
  return values[index] as number;
}

function indexOf(
  name: string,
  type: ManifestFeature['type'],
  features: readonly ManifestFeature[],
): number {
  const index = features.findIndex((feature) => feature.name === name);
  if (index < 0)
    throw new UnusableModel(`model.json uses ${name}, which its manifest does not list`);
  if (features[index]?.type !== type)
    throw new UnusableModel(`model.json uses ${name} as a ${type}, its manifest says otherwise`);
  return index;
}
