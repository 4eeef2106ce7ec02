import type { Command } from 'commander';
import { openTable } from '../local/read-table.ts';
import { type OutputColumn, writeTable } from '../local/write-table.ts';
import { compileForest } from '../shared/trees/evaluate.ts';
import { inverseLink } from '../shared/trees/objective.ts';
import {
  MODEL_ARGUMENT,
  modelColumns,
  namesOf,
  readCategories,
  readModelFile,
} from './trees-model.ts';
import { type ScoringFlags, scoringOptions, scoringReport, walkRows } from './trees-rows.ts';

export function register(trees: Command): void {
  scoringOptions(
    trees
      .command('predict')
      .description('margins and predictions for the rows of a CSV or Parquet file')
      .argument('<model>', MODEL_ARGUMENT)
      .argument('<file>', 'a CSV or Parquet file with a column for each feature'),
  ).action(run);
}

async function run(model: string, file: string, flags: ScoringFlags): Promise<void> {
  const forest = readModelFile(model);
  const columns = modelColumns(forest, readCategories(model, flags.categories));
  const keep = namesOf(flags.keep);
  const evaluator = compileForest(forest);
  const predictionOf = inverseLink(forest.objective);
  const table = await openTable(file);
  try {
    let margins = new Float64Array(0);
    const walked = await writeTable(flags.out ?? null, outputColumns(keep), (writer) =>
      walkRows(table.rows(columns, keep), columns, async (rows) => {
        if (margins.length < rows.count) margins = new Float64Array(rows.count);
        evaluator.margins(rows.numbers, rows.count, margins);
        for (let row = 0; row < rows.count; row++) {
          const kept = rows.texts.map((column) => column[row] ?? null);
          const margin = margins[row] as number;
          writer.write([...kept, margin, predictionOf(margin)]);
        }
        await writer.drain();
      }),
    );
    scoringReport({ model, file, kernel: evaluator.kernel, ...walked }, flags);
  } finally {
    table.close();
  }
}

function outputColumns(keep: readonly string[]): readonly OutputColumn[] {
  return [
    ...keep.map((name) => ({ name, type: 'text' as const })),
    { name: 'margin', type: 'number' },
    { name: 'prediction', type: 'number' },
  ];
}
