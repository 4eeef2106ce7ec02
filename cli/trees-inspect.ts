import type { Command } from 'commander';
import { compileForest } from '../shared/trees/evaluate.ts';
import type { Forest } from '../shared/trees/forest.ts';
import { type SplitImportance, splitImportance } from '../shared/trees/split-importance.ts';
import { compileExplainer } from '../shared/trees/tree-shap.ts';
import { alignedTable } from './aligned-table.ts';
import { MODEL_ARGUMENT, readModelFile } from './trees-model.ts';

export function register(trees: Command): void {
  trees
    .command('inspect')
    .description('what a model is made of, and what evaluates it here')
    .argument('<model>', MODEL_ARGUMENT)
    .option('--json', 'print it as JSON, with all features')
    .action((path: string, flags: { readonly json?: boolean }) => {
      const inspected = inspect(readModelFile(path));
      process.stdout.write(flags.json ? `${JSON.stringify(inspected)}\n` : told(inspected));
    });
}

type Inspected = ReturnType<typeof inspect>;

function inspect(forest: Forest) {
  const explainer = compileExplainer(forest);
  return {
    objective: forest.objective,
    rules: forest.rules,
    trees: forest.starts.length - 1,
    averaged: forest.averaged,
    splits: forest.feature.filter((feature) => feature >= 0).length,
    leaves: forest.feature.filter((feature) => feature < 0).length,
    depth: depthOf(forest),
    categorical_splits: forest.categorySet.filter((set) => set >= 0).length,
    features: forest.featureCount,
    named: forest.featureNames !== null,
    base_margin: forest.baseMargin,
    expected_margin: explainer.bias,
    kernel: compileForest(forest).kernel,
    explanation: { kernel: explainer.kernel, quadrature_points: explainer.points },
    importance: splitImportance(forest).toSorted((left, right) => right.gain - left.gain),
  };
}

/** Splits on the longest path. */
function depthOf({ feature, left, right }: Forest): number {
  const depth = new Int32Array(feature.length);
  let deepest = 0;
  for (const [node, column] of feature.entries()) {
    if (column < 0) continue;
    const below = (depth[node] as number) + 1;
    depth[left[node] as number] = below;
    depth[right[node] as number] = below;
    deepest = Math.max(deepest, below);
  }
  return deepest;
}

const MOST_TOLD = 20;

function told(inspected: Inspected): string {
  const { importance, explanation } = inspected;
  const used = importance.filter(({ count }) => count > 0);
  return `${alignedTable([
    ['objective', inspected.objective],
    ['rules', inspected.rules],
    ['trees', `${inspected.trees}${inspected.averaged ? ', averaged' : ''}`],
    ['splits', `${inspected.splits}, ${inspected.categorical_splits} of them categorical`],
    ['leaves', `${inspected.leaves}`],
    ['depth', `${inspected.depth}`],
    [
      'features',
      `${inspected.features}, ${used.length} of them used${inspected.named ? '' : '; the file names none'}`,
    ],
    ['base margin', `${inspected.base_margin}`],
    ['expected margin', `${inspected.expected_margin}`],
    ['evaluated by', inspected.kernel],
    [
      'explained by',
      `${explanation.kernel}, ${explanation.quadrature_points} points of quadrature`,
    ],
  ])}
${importanceTable(used.slice(0, MOST_TOLD))}${used.length > MOST_TOLD ? `… and ${used.length - MOST_TOLD} more (--json shows all)\n` : ''}`;
}

function importanceTable(importance: readonly SplitImportance[]): string {
  return alignedTable([
    ['feature', 'gain', 'cover', 'splits'],
    ...importance.map(({ feature, gain, cover, count }) => [
      feature,
      gain.toPrecision(6),
      cover.toPrecision(6),
      `${count}`,
    ]),
  ]);
}
