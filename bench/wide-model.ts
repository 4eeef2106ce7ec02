import { additiveArtifact, composeModel, modelFileKey } from '../shared/domain/model-folder.ts';
import { catalogue } from '../shared/features/catalogue.ts';
import type { LogisticModel } from '../shared/schemas/model.ts';

const KNOTS = [0, 1, 2, 3, 5, 8, 13, 21];

/**
 * A logistic model over every feature that a model may use: no trained one has more to compute.
 * Its weights mean nothing.
 */
export const wideModel = compose();

function compose() {
  const inputs = catalogue().filter(({ online_only }) => !online_only);
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
          weights: { desktop: 0.1, mobile: -0.1, tablet: 0.05, direct: 0.2, email: 0.3 },
          missing_weight: 0,
        },
  );
  const { version, manifest, model } = composeModel('2026-01-01', {
    manifest: {
      name: 'propensity',
      features: inputs.map(({ name, digest, type }) => ({ name, definition: digest, type })),
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
    artifact: additiveArtifact({ kind: 'logistic', intercept: -3, terms }),
    card: '# A model for benchmarks\n',
  });
  return {
    version,
    features: inputs.length,
    files: new Map<string, Uint8Array>([
      [modelFileKey('propensity', version, 'manifest'), manifest],
      [modelFileKey('propensity', version, 'model'), model],
    ]),
  };
}
