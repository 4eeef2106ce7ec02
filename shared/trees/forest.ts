/**
 * A gradient-boosted tree ensemble as parallel arrays, whatever file it came from: what the
 * evaluators, the explanations, the trainer and the writers share.
 *
 * Nodes of all trees stand in one numbering; tree i has the nodes `starts[i]` to `starts[i + 1] - 1`,
 * its root first, and a child always stands after its parent.
 */
export interface Forest {
  readonly objective: Objective;
  /** Whose rules the splits and sums follow. */
  readonly rules: Rules;
  /** How many columns a row has. */
  readonly featureCount: number;
  /** Names in column order, or null where the file has none. */
  readonly featureNames: readonly string[] | null;
  /** The margin before any tree: log-odds, log-mean or value, by objective. */
  readonly baseMargin: number;
  /** Margins are the mean of the trees instead of their sum (LightGBM's `average_output`). */
  readonly averaged: boolean;
  /** Node index of each tree's root, and at the end the number of nodes. Length trees + 1. */
  readonly starts: Int32Array;
  /** Column that a node splits on, −1 for a leaf. */
  readonly feature: Int32Array;
  /** Split threshold as the file has it; of a leaf 0. Under `xgboost` rules a float32 value. */
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array;
  /** Which value counts as missing, by node: see `Missing`. XGBoost's is always `NaN`. */
  readonly missing: Uint8Array;
  /** Index into `categorySets` of a categorical split, −1 for a numeric one. */
  readonly categorySet: Int32Array;
  /**
   * Bit sets over category numbers, bit c of word ⌊c / 32⌋. A value in the set goes right under
   * `xgboost` rules and left under `lightgbm` rules; one outside it the other way.
   */
  readonly categorySets: readonly Uint32Array[];
  /** Leaf value (learning rate applied); of a split 0. */
  readonly value: Float64Array;
  /** Sum of hessians (XGBoost) or count of rows (LightGBM) that reached the node in training. */
  readonly cover: Float64Array;
  /** Loss reduction of a split; of a leaf 0. */
  readonly gain: Float64Array;
}

/**
 * - `xgboost`: values and thresholds are float32, left if `value < threshold`.
 * - `lightgbm`: float64, left if `value <= threshold`.
 */
export type Rules = 'xgboost' | 'lightgbm';

export type Objective =
  | 'binary:logistic'
  | 'binary:logitraw'
  | 'reg:logistic'
  | 'reg:squarederror'
  | 'reg:squaredlogerror'
  | 'reg:pseudohubererror'
  | 'reg:quantileerror'
  | 'reg:tweedie'
  | 'count:poisson'
  | 'reg:gamma'
  | 'reg:absoluteerror';

/** Values of `Forest.missing`: LightGBM's missing types. */
export const Missing = {
  /** NaN is read as 0. */
  none: 0,
  /** NaN and |x| ≤ 1e-35f are missing. */
  zero: 1,
  /** NaN is missing. */
  nan: 2,
} as const;
