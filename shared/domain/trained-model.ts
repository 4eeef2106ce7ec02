import type { Calibration, Manifest } from '../schemas/model.ts';
import type { Artifact } from './model-folder.ts';
import type { LearningStep, TreeTrial } from './tree-trial.ts';

/** What a training has made of rows: all that a registered version needs but its evaluation. */
export interface TrainedModel {
  readonly artifact: Artifact;
  readonly calibration: Calibration;
  /** Share of the rows whose session buys. */
  readonly prior: number;
  readonly inputs: readonly TrainedInput[];
  readonly parameters: Manifest['training']['parameters'];
  /** For the card, in Markdown. */
  readonly title: string;
  readonly method: string;
  readonly movers: string;
  /** Empty for a model that is not grown step by step. */
  readonly learningCurve: readonly LearningStep[];
  /** Every trial of the search for its parameters; none where nothing was searched. */
  readonly trials?: readonly TreeTrial[];
}

/** A feature in the order of the model's vector. */
export interface TrainedInput {
  /** Among the rows' features. */
  readonly feature: number;
  /** Of a category under trees, by number. */
  readonly categories?: readonly string[];
}

/** The rows of a training: fitted on the earlier ones, calibrated on the later. */
export interface TrainingRows {
  readonly fit: Uint32Array;
  readonly calibrate: Uint32Array;
  /** Indexes of the features that may be used. */
  readonly features: readonly number[];
}
