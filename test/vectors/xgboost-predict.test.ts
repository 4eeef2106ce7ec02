import { expect } from 'vitest';
import { compileForest } from '../../shared/trees/evaluate.ts';
import type { Forest } from '../../shared/trees/forest.ts';
import { inverseLink } from '../../shared/trees/objective.ts';
import { readForest } from '../../shared/trees/read-forest.ts';
import { compileExplainer } from '../../shared/trees/tree-shap.ts';
import { vectors } from './vector-file.ts';

type Row = readonly (number | null)[];

interface Model {
  readonly model: unknown;
  readonly featureCount: number;
  readonly rows: readonly Row[];
}

vectors<Model>('xgboost_predict', {
  // What the library returned in float32 is marked in the file as `float32Fields`; its margins we
  // give to the bit.
  tolerance: { marginFloat32: 0, predictionFloat32: 2e-5, contributionsFloat32: 2e-5 },
  compute: ({ model, featureCount, rows }, expected) => {
    const forest = readForest(new TextEncoder().encode(JSON.stringify(model)));
    const table = rows.map((row) => row.map((value) => value ?? Number.NaN));
    const { margin } = compileForest(forest, { accumulate: 'float64' });
    const { margin: marginFloat32 } = compileForest(forest, { accumulate: 'float32' });
    const prediction = inverseLink(forest.objective);
    const explainer = compileExplainer(forest);
    const out = new Float64Array(featureCount);
    // Negative rows are counted from the end.
    const contributions = (expected['contribRows'] as number[]).map((row) => {
      explainer.contributions(table.at(row) as number[], out);
      return [...out, explainer.bias];
    });
    const { sweeps } = expected as { readonly sweeps?: Sweeps };
    if (sweeps !== undefined) checkSweeps(sweeps, table.map(margin));
    return {
      leafIndex: table.map((row) => leavesOf(forest, row)),
      margin: table.map(margin),
      marginFloat32: table.map(marginFloat32),
      prediction: table.map((row) => prediction(margin(row))),
      predictionFloat32: table.map((row) => prediction(marginFloat32(row))),
      contribRows: expected['contribRows'],
      contributions,
      contributionsFloat32: contributions,
      sweeps,
    };
  },
});

/** Rows `start` to `end` − 1 of a group differ in one feature only, which rises. */
interface Sweeps {
  readonly increasingRowGroups: readonly (readonly [number, number])[];
  readonly decreasingRowGroups: readonly (readonly [number, number])[];
}

function checkSweeps(sweeps: Sweeps, margins: readonly number[]): void {
  const { increasingRowGroups, decreasingRowGroups } = sweeps;
  for (const [groups, sign] of [
    [increasingRowGroups, 1],
    [decreasingRowGroups, -1],
  ] as const)
    for (const [start, end] of groups) {
      const swept = margins.slice(start, end).map((margin) => sign * margin);
      expect(swept).toEqual(swept.toSorted((left, right) => left - right));
    }
}

/** The leaf of each tree, counted from the tree's root. */
function leavesOf(forest: Forest, row: readonly number[]): number[] {
  return [...forest.starts.subarray(0, -1)].map((root) => {
    let node = root;
    for (let feature = forest.feature[node] as number; feature >= 0; ) {
      const value = Math.fround(row[feature] as number);
      const left = Number.isNaN(value)
        ? forest.missingLeft[node] === 1
        : value < (forest.threshold[node] as number);
      node = (left ? forest.left : forest.right)[node] as number;
      feature = forest.feature[node] as number;
    }
    return node - root;
  });
}
