import { InvalidFeatureValue, UnusableModel } from '../errors.ts';
import { sigmoid } from '../math/sigmoid.ts';
import { type Calibration, type Manifest, model as modelSchema } from '../schemas/model.ts';
import type { FeatureValue, Reason } from '../schemas/score.ts';
import { compileModel } from './evaluator.ts';
import { type ModelFolder, parseDocument, verifyFolder } from './model-folder.ts';

/** A registered version, ready to score. */
export interface ScoringModel {
  readonly name: string;
  readonly version: string;
  /** What a vector holds, in this order. */
  readonly features: readonly string[];
  /** The propensity to answer when nothing can be scored. */
  readonly prior: number;
  /** Log-odds of a vector all of whose contributions are 0. */
  readonly bias: number;
  /**
   * @returns the margin (log-odds before calibration) and the calibrated probability in [0, 1]
   * @throws InvalidFeatureValue
   */
  score(values: readonly FeatureValue[]): { margin: number; probability: number };
  /**
   * What moved the margin: each feature with a contribution, the largest first. With `bias` they
   * sum to the margin, to rounding.
   * @throws InvalidFeatureValue
   */
  contributions(values: readonly FeatureValue[]): Reason[];
}

/**
 * Opens a registered version from its bytes.
 * @param definitions feature name → digest of the definition computed here
 * @throws ModelDigestMismatch when a byte differs from what the version names; UnusableModel when
 *   the model is malformed, of an unknown kind, or uses a definition that is absent here
 */
export function openModel(
  files: Pick<ModelFolder, 'manifest' | 'model'> & Partial<ModelFolder>,
  definitions: ReadonlyMap<string, string>,
): ScoringModel {
  const manifest = verifyFolder(files);
  const { name, version, features, prior } = manifest;
  const model = parseDocument(modelSchema, files.model, `model.json of ${version}`);
  if (model.kind !== manifest.kind)
    throw new UnusableModel(
      `model.json of ${version} is a ${model.kind} model, its manifest says ${manifest.kind}`,
    );
  requireDefinitions(manifest, definitions);
  const { bias, contribute } = compileModel(model, features);
  const calibrate = calibrator(manifest.calibration);
  const names = features.map((feature) => feature.name);
  const isNumber = features.map((feature) => feature.type === 'number');
  const scratch = new Float64Array(names.length);

  function evaluate(values: readonly FeatureValue[]): void {
    if (values.length !== names.length)
      throw new InvalidFeatureValue(
        `${name} ${version} needs ${names.length} features, the vector has ${values.length}`,
      );
    for (let index = 0; index < names.length; index++) {
      const value = values[index];
      if (value === null) continue;
      if (isNumber[index] ? !Number.isFinite(value) : typeof value !== 'string')
        throw new InvalidFeatureValue(
          `${names[index]} is ${typeof value === 'string' ? JSON.stringify(value) : value}: ${name} ${version} needs ${isNumber[index] ? 'a finite number' : 'a category'} or null`,
        );
    }
    contribute(values, scratch);
  }

  return {
    name,
    version,
    features: names,
    prior,
    bias,
    score(values) {
      evaluate(values);
      let margin = bias;
      for (const contribution of scratch) margin += contribution;
      return { margin, probability: calibrate(margin) };
    },
    contributions(values) {
      evaluate(values);
      const reasons: Reason[] = [];
      for (const [index, contribution] of scratch.entries())
        if (contribution !== 0)
          reasons.push({
            feature: names[index] as string,
            value: values[index] as FeatureValue,
            contribution,
          });
      return reasons.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
    },
  };
}

function requireDefinitions(manifest: Manifest, definitions: ReadonlyMap<string, string>): void {
  for (const { name, definition } of manifest.features) {
    const known = definitions.get(name);
    if (known !== definition)
      throw new UnusableModel(
        `${manifest.name} ${manifest.version} uses ${name} with definition ${definition}, here it is ${known ?? 'absent'}: restore the definition or train again`,
      );
  }
}

function calibrator(calibration: Calibration): (margin: number) => number {
  switch (calibration.kind) {
    case 'logistic':
      return sigmoid;
    case 'platt': {
      const { a, b } = calibration;
      return (margin) => sigmoid(-(a * margin + b));
    }
  }
}
