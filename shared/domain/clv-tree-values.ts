import { sigmoid } from '../math/sigmoid.ts';
import { compileForest } from '../trees/evaluate.ts';
import { marginsOf } from './clv-margins.ts';
import type { ClvSnapshot } from './clv-snapshot.ts';
import type { ClvTrees } from './clv-trees.ts';

/** What the forests say of a snapshot's customers, over the days that labels cover. */
export interface ClvTreeValues {
  readonly twoStage: Float64Array;
  readonly tweedie: Float64Array;
  readonly correction: Float64Array;
  /** Probability of buying. */
  readonly buys: Float64Array;
}

/** Compiles the forests once; the function then answers for any part of the customers. */
export function openClvTrees(trees: ClvTrees): (snapshot: ClvSnapshot) => ClvTreeValues {
  const buy = compileForest(trees.buy);
  const amount = compileForest(trees.amount);
  const tweedie = compileForest(trees.tweedie);
  const correction = compileForest(trees.correction);
  const { mean, least, smearing } = trees;
  return ({ columns, short }) => {
    const buys = marginsOf(buy, columns).map(sigmoid);
    const amounts = marginsOf(amount, columns);
    return {
      buys,
      twoStage: buys.map((share, row) => share * Math.exp(amounts[row] as number) * smearing),
      tweedie: marginsOf(tweedie, columns).map((margin) => Math.exp(margin) * mean),
      correction: marginsOf(correction, columns).map(
        (margin, row) => Math.exp(margin) * Math.max(least, short[row]?.value ?? 0),
      ),
    };
  };
}
