import { InvalidFeatureValue, UnusableModel } from '../errors.ts';
import { sigmoid } from '../math/sigmoid.ts';
import { additiveModel, type Calibration, type Manifest } from '../schemas/model.ts';
import type { FeatureValue, Reason } from '../schemas/score.ts';
import { compileAdditive, type Evaluator } from './evaluator.ts';
import { evaluatedFile, type ModelFolder, parseDocument, verifyFolder } from './model-folder.ts';
import { compileTrees } from './tree-evaluator.ts';

/** A registered version, ready to score. */
export interface ScoringModel {
  readonly name: string;
  readonly version: string;
  /** What a vector holds, in this order. */
  readonly features: readonly string[];
  /** The propensity to answer when nothing can be scored. */
  readonly prior: number;
  /**
   * @returns the margin (log-odds before calibration) and the calibrated probability in [0, 1]
   * @throws InvalidFeatureValue
   */
  score(values: readonly FeatureValue[]): { margin: number; probability: number };
  /** The propensity at a margin. */
  calibrated(margin: number): number;
  /**
   * What moved the margin: each feature with a contribution, the largest first. With `bias` they
   * sum to the margin, to rounding.
   * @throws InvalidFeatureValue
   */
  explain(values: readonly FeatureValue[]): { readonly bias: number; readonly reasons: Reason[] };
  /**
   * The vector as the columns that XGBoost takes, NaN where missing; null for a model that is no
   * forest.
   * @throws InvalidFeatureValue
   */
  row(values: readonly FeatureValue[]): Float32Array | null;
}

/**
 * Opens a registered version from its bytes: the manifest, the file it is evaluated from, and
 * whatever else there is to check.
 * @param definitions feature name → digest of the definition computed here
 * @throws ModelDigestMismatch when a byte differs from what the version names; UnusableModel when
 *   the model is malformed, of an unknown kind, or uses a definition that is absent here
 */
export function openModel(
  files: Pick<ModelFolder, 'manifest'> & Partial<ModelFolder>,
  definitions: ReadonlyMap<string, string>,
): ScoringModel {
  const manifest = verifyFolder(files);
  const { name, version, features, prior } = manifest;
  requireDefinitions(manifest, definitions);
  const evaluator = compile(manifest, files);
  const calibrate = calibrator(manifest.calibration);
  const names = features.map((feature) => feature.name);
  const isNumber = features.map((feature) => feature.type === 'number');
  const scratch = new Float64Array(names.length);

  function check(values: readonly FeatureValue[]): void {
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
  }

  return {
    name,
    version,
    features: names,
    prior,
    score(values) {
      check(values);
      const margin = evaluator.margin(values);
      return { margin, probability: calibrate(margin) };
    },
    calibrated: calibrate,
    row(values) {
      check(values);
      return evaluator.row(values);
    },
    explain(values) {
      check(values);
      const bias = evaluator.contribute(values, scratch);
      const reasons: Reason[] = [];
      for (const [index, contribution] of scratch.entries())
        if (contribution !== 0)
          reasons.push({
            feature: names[index] as string,
            value: values[index] as FeatureValue,
            contribution,
          });
      reasons.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
      return { bias, reasons };
    },
  };
}

/** @throws UnusableModel */
function compile(manifest: Manifest, files: Partial<ModelFolder>): Evaluator {
  if (manifest.kind === 'clv')
    throw new UnusableModel(
      `${manifest.name} ${manifest.version} values customers, it scores no session: use foresight clv score`,
    );
  const file = evaluatedFile(manifest);
  const bytes = files[file];
  if (bytes === undefined)
    throw new UnusableModel(`${manifest.name} ${manifest.version} came without its ${file}`);
  if (manifest.kind === 'trees') return compileTrees(bytes, manifest.features);
  const model = parseDocument(additiveModel, bytes, `model.json of ${manifest.version}`);
  if (model.kind !== manifest.kind)
    throw new UnusableModel(
      `model.json of ${manifest.version} is a ${model.kind} model, its manifest says ${manifest.kind}`,
    );
  return compileAdditive(model, manifest.features);
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
    case 'none':
      throw new UnusableModel('a model without calibration answers no probability');
  }
}
