import { seededRandom } from '../math/seeded-random.ts';
import type { PrefixRows } from './prefix-rows.ts';
import { type Search, type SearchBudget, successiveHalving } from './successive-halving.ts';
import { timeSlices } from './time-slices.ts';
import { requireBothClasses } from './training-columns.ts';
import { DEFAULT_TREES, growUntilWorse, variableInputs } from './tree-training.ts';
import type { TreeParameters, TreeTrial } from './tree-trial.ts';
import { randomParameters, type SearchSpace } from './tuning.ts';

const SPACE: SearchSpace<keyof TreeParameters> = {
  learningRate: { from: 0.02, to: 0.1, scale: 'log' },
  maxDepth: { from: 3, to: 8, scale: 'linear', whole: true },
  minChildWeight: { from: 2, to: 50, scale: 'log' },
  lambda: { from: 1, to: 20, scale: 'log' },
  subsample: { from: 0.5, to: 1, scale: 'linear' },
  columnSample: { from: 0.3, to: 1, scale: 'linear' },
};
/** Cut-offs, as shares of the rows in time: everything before is fitted, what follows is measured. */
const SLICES = { first: 0.55, second: 0.15, third: 0.15, last: 0.15 } as const;

/**
 * Searches the parameters of the trees on rows that the later evaluation does not touch: each trial
 * is fitted up to a cut-off and loses what its trees lose on the sessions after it; the best go on to
 * later cut-offs. The first trial is that of the default parameters. With a budget of trials the same
 * rows and seed give the same search.
 *
 * @param chosen the rows to search on, in time order
 * @throws NotEnoughData, EveryTrialFailed
 */
export async function searchTrees(
  rows: PrefixRows,
  chosen: Uint32Array,
  features: readonly number[],
  search: {
    readonly seed: number;
    readonly budget: SearchBudget;
    readonly onTrial?: (trial: TreeTrial) => void;
  },
): Promise<Search<TreeParameters, TreeTrial['measured'][number]>> {
  const inputs = variableInputs(rows, chosen, features);
  const slices = Object.values(timeSlices(rows, chosen, SLICES));
  const parts = slices.slice(1).map((later, index) => ({
    fit: Uint32Array.from(slices.slice(0, index + 1).flatMap((slice) => [...slice])).sort(),
    later,
  }));
  for (const { fit, later } of parts) {
    requireBothClasses(rows, fit, 'to fit before a cut-off of the search');
    requireBothClasses(rows, later, 'to measure after a cut-off of the search');
  }
  return successiveHalving(
    candidates(search.seed),
    parts.length,
    search.budget,
    async (parameters, part) => {
      const { loss, trees, learningCurve } = await growUntilWorse(
        rows,
        { ...(parts[part] as (typeof parts)[0]), inputs },
        search.seed,
        parameters,
      );
      return { loss, trees, learningCurve };
    },
    search.onTrial,
  );
}

function* candidates(seed: number): Generator<TreeParameters> {
  yield DEFAULT_TREES;
  yield* randomParameters(SPACE, seededRandom(seed));
}
