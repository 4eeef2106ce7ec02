import type { Command } from 'commander';
import { checkWritable, writeWhole } from '../local/write-whole.ts';
import { Usage } from '../shared/errors.ts';
import { writeCompact } from '../shared/trees/compact-forest.ts';
import type { Forest } from '../shared/trees/forest.ts';
import { writeXgboostJson } from '../shared/trees/write-xgboost-json.ts';
import { MODEL_ARGUMENT, readModelFile } from './trees-model.ts';

export function register(trees: Command): void {
  trees
    .command('convert')
    .description('write a model as XGBoost JSON or in the compact form that loads fastest')
    .argument('<model>', MODEL_ARGUMENT)
    .argument(
      '<out>',
      'a file that ends in .json for XGBoost JSON, in .forest for the compact form',
    )
    .option('--json', 'print a summary as JSON')
    .action(run);
}

type ModelFormat = 'XGBoost JSON' | 'compact';

/** @throws Usage for a file name that says neither format */
export function modelFormat(out: string): ModelFormat {
  if (/\.json$/i.test(out)) return 'XGBoost JSON';
  if (/\.forest$/i.test(out)) return 'compact';
  throw new Usage(`${out}: use a file that ends in .json (XGBoost JSON) or .forest (compact)`);
}

/** @throws InvalidRequest for a LightGBM model as XGBoost JSON, which cannot say its rules */
export function modelBytes(forest: Forest, format: ModelFormat): Uint8Array {
  return format === 'compact' ? writeCompact(forest) : Buffer.from(writeXgboostJson(forest));
}

function run(model: string, out: string, flags: { readonly json?: boolean }): void {
  const format = modelFormat(out);
  checkWritable(out);
  const forest = readModelFile(model);
  const bytes = modelBytes(forest, format);
  writeWhole(out, bytes);
  const summary = { model, out, format, trees: forest.starts.length - 1, bytes: bytes.length };
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(summary)}\n`
      : `${out}: ${format}, ${summary.trees} trees, ${bytes.length} bytes\n`,
  );
}
