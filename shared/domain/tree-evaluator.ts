import { UnusableModel } from '../errors.ts';
import type { Manifest } from '../schemas/model.ts';
import type { FeatureValue } from '../schemas/score.ts';
import { readCompact } from '../trees/compact-forest.ts';
import { compileForest } from '../trees/evaluate.ts';
import { compileExplainer } from '../trees/tree-shap.ts';
import type { Evaluator } from './evaluator.ts';

type ManifestFeature = Manifest['features'][number];

/**
 * A forest as a scoring model: margins summed in float32, as XGBoost sums them, contributions by
 * exact TreeSHAP. The explainer is compiled when reasons are first asked for.
 * @param bytes `forest.bin`
 * @throws UnusableModel where the bytes are no forest, or not one over the manifest's features
 */
export function compileTrees(bytes: Uint8Array, features: readonly ManifestFeature[]): Evaluator {
  const forest = readCompact(bytes);
  if (forest.objective !== 'binary:logistic')
    throw new UnusableModel(
      `the forest is of ${forest.objective}: a propensity needs binary:logistic`,
    );
  const names = forest.featureNames ?? [];
  if (
    forest.featureCount !== features.length ||
    features.some(({ name }, column) => name !== names[column])
  )
    throw new UnusableModel(
      `the forest splits on ${names.join(', ') || 'unnamed columns'}, its manifest lists ${features.map(({ name }) => name).join(', ')}`,
    );
  const { margin } = compileForest(forest, { accumulate: 'float32' });
  const encode = rowEncoder(features);
  let explainer: ReturnType<typeof compileExplainer> | null = null;
  return {
    margin: (values) => margin(encode(values)),
    contribute(values, contributions) {
      explainer ??= compileExplainer(forest);
      explainer.contributions(encode(values), contributions);
      return explainer.bias;
    },
    row: (values) => encode(values).slice(),
  };
}

/** A vector as columns of numbers, in one row that the next call overwrites. */
function rowEncoder(
  features: readonly ManifestFeature[],
): (values: readonly FeatureValue[]) => Float32Array {
  const codes = features.map(({ type, categories }) =>
    type === 'number' ? null : new Map(categories?.map((category, code) => [category, code])),
  );
  const row = new Float32Array(features.length);
  return (values) => {
    for (let column = 0; column < row.length; column++) {
      const value = values[column];
      const category = codes[column];
      if (value === null) row[column] = Number.NaN;
      else if (category) row[column] = category.get(value as string) ?? Number.NaN;
      else row[column] = value as number;
    }
    return row;
  };
}
