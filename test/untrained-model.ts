import { type Artifact, composeModel } from '../shared/domain/model-folder.ts';
import { definitionDigests } from '../shared/features/catalogue.ts';
import type { Calibration, Manifest } from '../shared/schemas/model.ts';

/** A registered version of an artifact that no training has made. */
export function untrainedModel(
  artifact: Artifact,
  {
    features,
    calibration = { kind: 'logistic' },
    runDate = '2026-03-01',
  }: { features: Manifest['features']; calibration?: Calibration; runDate?: string },
) {
  return composeModel(runDate, {
    manifest: {
      name: 'propensity',
      features,
      calibration,
      prior: 0.05,
      training: {
        from: null,
        to: null,
        rows: 0,
        sessions: 0,
        data_digests: [],
        code_version: 'test',
        parameters: {},
      },
      metrics: {},
      gates: [],
      baseline: {},
    },
    artifact,
    card: '# card\n',
  });
}

/** A numeric feature of the lexicon, as a manifest lists it. */
export function numberFeature(name: string): Manifest['features'][number] {
  return { name, definition: definitionDigests().get(name) as string, type: 'number' };
}
