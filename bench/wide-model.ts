import {
  type Artifact,
  additiveArtifact,
  composeModel,
  evaluatedFile,
  modelFileKey,
  verifyFolder,
} from '../shared/domain/model-folder.ts';
import { catalogue } from '../shared/features/catalogue.ts';
import type { LogisticModel } from '../shared/schemas/model.ts';
import { writeCompact } from '../shared/trees/compact-forest.ts';
import { trainForest } from '../shared/trees/train.ts';
import { writeXgboostJson } from '../shared/trees/write-xgboost-json.ts';
import { syntheticRows } from './training-sets.ts';

/** A registered version as a scorer finds it. */
export interface WideModel {
  readonly version: string;
  readonly features: number;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const KNOTS = [0, 1, 2, 3, 5, 8, 13, 21];
const CATEGORIES = ['desktop', 'mobile', 'tablet', 'direct', 'email'];
const TREES = 200;
const DEPTH = 6;
const ROWS = 20_000;

const inputs = catalogue().filter(({ online_only }) => !online_only);

/**
 * A logistic model over every feature that a model may use: no trained one has more to compute.
 * Its weights mean nothing.
 */
export function wideLogistic(): WideModel {
  const terms: LogisticModel['terms'] = inputs.map(({ name, type }, place) =>
    type === 'number'
      ? {
          type: 'piecewise',
          feature: name,
          knots: KNOTS,
          weights: KNOTS.map((knot) => (knot * (place % 5)) / 1000),
          missing_weight: 0.01,
        }
      : {
          type: 'categorical',
          feature: name,
          weights: Object.fromEntries(CATEGORIES.map((category, code) => [category, code / 10])),
          missing_weight: 0,
        },
  );
  return wide(additiveArtifact({ kind: 'logistic', intercept: -3, terms }));
}

/** 200 trees of depth 6 over every feature, grown on synthetic rows. */
export async function wideTrees(): Promise<WideModel> {
  const rows = syntheticRows(ROWS, inputs.length, 1);
  const { forest } = await trainForest(
    { ...rows, featureNames: inputs.map(({ name }) => name) },
    { objective: 'binary:logistic', trees: TREES, maxDepth: DEPTH, columnSample: 0.4, seed: 1 },
  );
  return wide({
    kind: 'trees',
    model: Buffer.from(writeXgboostJson(forest)),
    forest: writeCompact(forest),
  });
}

function wide(artifact: Artifact): WideModel {
  const folder = composeModel('2026-01-01', {
    manifest: {
      name: 'propensity',
      features: inputs.map(({ name, digest, type }) => ({
        name,
        definition: digest,
        type,
        ...(type === 'category' ? { categories: CATEGORIES } : {}),
      })),
      calibration: { kind: 'platt', a: -1, b: 0 },
      prior: 0.03,
      training: {
        from: null,
        to: null,
        rows: 0,
        sessions: 0,
        data_digests: [],
        code_version: 'bench',
        parameters: {},
      },
      metrics: {},
      gates: [],
      baseline: {},
    },
    artifact,
    card: '# A model for benchmarks\n',
  });
  const { version } = folder;
  const evaluated = evaluatedFile(verifyFolder(folder));
  return {
    version,
    features: inputs.length,
    files: new Map([
      [modelFileKey('propensity', version, 'manifest'), folder.manifest],
      [modelFileKey('propensity', version, evaluated), folder[evaluated] as Uint8Array],
    ]),
  };
}
