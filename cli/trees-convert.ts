import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { checkWritable, writeWhole } from '../local/write-whole.ts';
import { type Parity, requireParity } from '../shared/domain/sagemaker/artifact-parity.ts';
import { readCsvColumns } from '../shared/domain/sagemaker/training-channel.ts';
import { Usage } from '../shared/errors.ts';
import { writeCompact } from '../shared/trees/compact-forest.ts';
import type { Forest } from '../shared/trees/forest.ts';
import { writeXgboostContainer } from '../shared/trees/write-xgboost-container.ts';
import { writeXgboostJson } from '../shared/trees/write-xgboost-json.ts';
import { writeXgboostUbjson } from '../shared/trees/write-xgboost-ubjson.ts';
import { MODEL_ARGUMENT, readModelFile } from './trees-model.ts';

export function register(trees: Command): void {
  trees
    .command('convert')
    .description('write a model as XGBoost JSON, for SageMaker, or in the compact form')
    .argument('<model>', MODEL_ARGUMENT)
    .argument(
      '<out>',
      'ends in .json for XGBoost JSON, in .tar.gz for the container of SageMaker, in .forest for the compact form that loads fastest',
    )
    .option('--rows <file>', 'check it on these rows first: CSV of the columns, no header')
    .option(
      '--predictions <file>',
      'what the library that trained it predicts of them, last on each line',
    )
    .option('--json', 'print a summary as JSON')
    .action(run);
}

interface Flags {
  readonly rows?: string;
  readonly predictions?: string;
  readonly json?: boolean;
}

type ModelFormat = 'XGBoost JSON' | 'SageMaker container' | 'compact';

/** @throws Usage for a file name that says neither format */
export function modelFormat(out: string): ModelFormat {
  if (/\.json$/i.test(out)) return 'XGBoost JSON';
  if (/\.tar\.gz$/i.test(out)) return 'SageMaker container';
  if (/\.forest$/i.test(out)) return 'compact';
  throw new Usage(
    `${out}: use a file that ends in .json (XGBoost JSON), .tar.gz (SageMaker) or .forest (compact)`,
  );
}

/** @throws InvalidRequest for a LightGBM model in a form of XGBoost, which cannot say its rules */
export function modelBytes(forest: Forest, format: ModelFormat): Uint8Array {
  if (format === 'compact') return writeCompact(forest);
  if (format === 'SageMaker container') return writeXgboostContainer(writeXgboostUbjson(forest));
  return Buffer.from(writeXgboostJson(forest));
}

function run(model: string, out: string, flags: Flags): void {
  const format = modelFormat(out);
  checkWritable(out);
  const forest = readModelFile(model);
  const parity = parityOf(forest, flags);
  const bytes = modelBytes(forest, format);
  writeWhole(out, bytes);
  const trees = forest.starts.length - 1;
  const summary = { model, out, format, trees, bytes: bytes.length, parity };
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(summary)}\n`
      : `${out}: ${format}, ${trees} trees, ${bytes.length} bytes${parity === null ? '' : `; predicts ${parity.rows} rows as it did, to ${parity.difference.toExponential(1)}`}\n`,
  );
}

/** @throws PredictionsDiffer, MalformedPrediction; nothing is written then */
function parityOf(forest: Forest, { rows, predictions }: Flags): Parity | null {
  if (rows === undefined && predictions === undefined) return null;
  if (rows === undefined || predictions === undefined)
    throw new Usage('--rows and --predictions: the check needs both');
  const lines = readFileSync(predictions, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const numbers = lines.map((line) => {
    const field = line.slice(line.lastIndexOf(',') + 1).trim();
    return field === '' ? Number.NaN : Number(field);
  });
  return requireParity(forest, readCsvColumns([readFileSync(rows, 'utf8')]), numbers);
}
