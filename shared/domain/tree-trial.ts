import type { Trial } from './successive-halving.ts';

/** Parameters of the trainer that a search may change. */
export interface TreeParameters {
  readonly learningRate: number;
  readonly maxDepth: number;
  readonly minChildWeight: number;
  readonly lambda: number;
  readonly subsample: number;
  readonly columnSample: number;
}

/** Log loss of the first trees, on the rows that they were fitted to and on later ones. */
export interface LearningStep {
  readonly trees: number;
  readonly fitted: number;
  readonly later: number;
}

/** Fitted up to a cut-off, measured on the sessions after it. */
interface CutOff {
  readonly loss: number;
  readonly trees: number;
  readonly learningCurve: readonly LearningStep[];
}

export type TreeTrial = Trial<TreeParameters, CutOff>;
