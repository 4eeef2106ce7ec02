import type { Command } from 'commander';
import { type NumberColumn, openTable } from '../local/read-table.ts';
import { type OutputColumn, type TableWriter, writeTable } from '../local/write-table.ts';
import { Usage } from '../shared/errors.ts';
import { ShapImportance } from '../shared/trees/shap-importance.ts';
import { compileExplainer, type Explainer } from '../shared/trees/tree-shap.ts';
import { alignedTable } from './aligned-table.ts';
import {
  featureNamesOf,
  MODEL_ARGUMENT,
  modelColumns,
  namesOf,
  readCategories,
  readModelFile,
} from './trees-model.ts';
import { type ScoringFlags, scoringOptions, type WalkedRows, walkRows } from './trees-rows.ts';

export function register(trees: Command): void {
  scoringOptions(
    trees
      .command('explain')
      .description('exact TreeSHAP: what each feature adds to the margin of each row, and overall')
      .argument('<model>', MODEL_ARGUMENT)
      .argument('<file>', 'a CSV or Parquet file with a column for each feature'),
  )
    .option('--row <n>', 'show this row, the first being 1')
    .action(run);
}

interface Flags extends ScoringFlags {
  readonly row?: string;
}

/** One row as a person reads it. */
interface ShownRow {
  readonly row: number;
  readonly margin: number;
  readonly contributions: readonly Contribution[];
}

interface Contribution {
  readonly feature: string;
  /** Null where missing; the text of a known category. */
  readonly value: number | string | null;
  readonly contribution: number;
}

async function run(model: string, file: string, flags: Flags): Promise<void> {
  const wanted = rowWanted(flags.row);
  const forest = readModelFile(model);
  const features = featureNamesOf(forest);
  const columns = modelColumns(forest, readCategories(model, flags.categories));
  const keep = namesOf(flags.keep);
  const explainer = compileExplainer(forest);
  const importance = new ShapImportance(features.length);
  const table = await openTable(file);
  let contributions = new Float64Array(0);
  let before = 0;
  let shown: ShownRow | null = null;
  const rowOf = (numbers: Float64Array, row: number) =>
    numbers.subarray(row * features.length, (row + 1) * features.length);
  const explain = (writer: TableWriter | null) =>
    walkRows(table.rows(columns, keep), columns, async (rows) => {
      const size = rows.count * features.length;
      if (contributions.length < size) contributions = new Float64Array(size);
      explainer.batch(rows.numbers, rows.count, contributions);
      importance.add(contributions, rows.count);
      for (let row = 0; writer !== null && row < rows.count; row++) {
        const own = rowOf(contributions, row);
        const kept = rows.texts.map((column) => column[row] ?? null);
        writer.write([...kept, ...own, explainer.bias, marginOf(explainer, own)]);
      }
      await writer?.drain();
      const here = wanted - before - 1;
      if (here >= 0 && here < rows.count) {
        const own = rowOf(contributions, here);
        shown = {
          row: wanted,
          margin: marginOf(explainer, own),
          contributions: strongestFirst(columns, rowOf(rows.numbers, here), own),
        };
      }
      before += rows.count;
    });
  try {
    const walked =
      flags.out === undefined
        ? await explain(null)
        : await writeTable(flags.out, outputColumns(keep, features), explain);
    if (wanted > walked.rows) throw new Usage(`--row ${wanted}: ${file} has ${walked.rows} rows`);
    report({ model, file, walked, explainer, features, importance, shown }, flags);
  } finally {
    table.close();
  }
}

/** 0 for none. */
function rowWanted(text: string | undefined): number {
  if (text === undefined) return 0;
  const row = Number(text);
  if (!Number.isSafeInteger(row) || row < 1) throw new Usage(`--row ${text} is no number from 1`);
  return row;
}

function outputColumns(
  keep: readonly string[],
  features: readonly string[],
): readonly OutputColumn[] {
  return [
    ...keep.map((name) => ({ name, type: 'text' as const })),
    ...[...features, 'bias', 'margin'].map((name) => ({ name, type: 'number' as const })),
  ];
}

function marginOf({ bias }: Explainer, contributions: Float64Array): number {
  return contributions.reduce((sum, value) => sum + value, bias);
}

function strongestFirst(
  columns: readonly NumberColumn[],
  values: Float64Array,
  contributions: Float64Array,
): readonly Contribution[] {
  return columns
    .map(({ name, categories }, column) => {
      const value = values[column] as number;
      return {
        feature: name,
        value: Number.isNaN(value) ? null : (categories?.[value] ?? value),
        contribution: contributions[column] as number,
      };
    })
    .sort((left, right) => Math.abs(right.contribution) - Math.abs(left.contribution));
}

interface Explained {
  readonly model: string;
  readonly file: string;
  readonly walked: WalkedRows;
  readonly explainer: Explainer;
  readonly features: readonly string[];
  readonly importance: ShapImportance;
  readonly shown: ShownRow | null;
}

function report(explained: Explained, { out, json }: Flags): void {
  const { model, file, walked, explainer, features, importance, shown } = explained;
  const means = importance.mean();
  const ranked = features
    .map((feature, column) => ({ feature, mean_absolute: means[column] as number }))
    .sort((left, right) => right.mean_absolute - left.mean_absolute);
  if (json) {
    const summary = {
      model,
      file,
      ...walked,
      kernel: explainer.kernel,
      bias: explainer.bias,
      importance: ranked,
      row: shown,
      out: out ?? null,
    };
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const strangers = Object.entries(walked.unknown_categories).map(
    ([column, count]) => `${column}: ${count} cells hold no known category and count as missing\n`,
  );
  process.stdout.write(
    `${walked.rows} rows of ${file} (${explainer.kernel})${out === undefined ? '' : `: ${out}`}\n` +
      `${strangers.join('')}${shown === null ? overall(ranked) : ofRow(shown, explainer.bias)}`,
  );
}

const MOST_TOLD = 20;

function overall(ranked: readonly { feature: string; mean_absolute: number }[]): string {
  const rows = ranked.slice(0, MOST_TOLD);
  return `\n${alignedTable([
    ['feature', 'mean |contribution|'],
    ...rows.map(({ feature, mean_absolute }) => [feature, mean_absolute.toFixed(6)]),
  ])}`;
}

function ofRow({ row, margin, contributions }: ShownRow, bias: number): string {
  return `\n${alignedTable([
    [`row ${row}`, 'value', 'contribution'],
    ...contributions
      .slice(0, MOST_TOLD)
      .map(({ feature, value, contribution }) => [
        feature,
        `${value ?? '-'}`,
        signed(contribution),
      ]),
    ['(expected margin)', '', signed(bias)],
    ['(margin)', '', signed(margin)],
  ])}`;
}

const signed = (value: number) => `${value < 0 ? '' : '+'}${value.toFixed(6)}`;
