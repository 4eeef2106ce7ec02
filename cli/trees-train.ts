import { rmSync } from 'node:fs';
import type { Command } from 'commander';
import { type NumberColumn, openTable, type Table } from '../local/read-table.ts';
import { checkWritable, writeWhole } from '../local/write-whole.ts';
import { InvalidRequest, UnreadableInput, Usage } from '../shared/errors.ts';
import {
  type TrainedForest,
  type TrainingData,
  type TrainingParameters,
  trainForest,
} from '../shared/trees/train.ts';
import { alignedTable } from './aligned-table.ts';
import { progressLine } from './progress.ts';
import { modelBytes, modelFormat } from './trees-convert.ts';
import { type Categories, categoriesPath, columnOf, namesOf } from './trees-model.ts';

/** Training parameters that are one number; the flags are their names in kebab case. */
const NUMBERS = {
  trees: 'trees to grow (default: 100)',
  learningRate: 'factor of every leaf (default: 0.3)',
  maxDepth: 'splits on the longest path (default: 6)',
  maxLeaves: 'leaves of one tree (default: as many as the depth allows)',
  maxBins: 'bins of one column, up to 256 (default: 256)',
  minChildWeight: 'least sum of hessians of a child (default: 1)',
  lambda: 'L2 penalty of a leaf (default: 1)',
  alpha: 'L1 penalty of a leaf (default: 0)',
  gamma: 'least loss reduction of a split (default: 0)',
  subsample: 'share of rows each tree sees (default: 1)',
  columnSample: 'share of columns each tree sees (default: 1)',
  maxDeltaStep:
    'bound of a leaf before the learning rate (default: 0.7 of Poisson, none of others)',
  tweedieVariancePower: 'variance ∝ mean^power (default: 1.5)',
  categoriesToGroup: 'categories from which on a split may separate groups (default: 4)',
  maxGroupedCategories: 'categories on the smaller side of such a split (default: 64)',
  earlyStoppingRounds: 'stop after so many trees without a better validation loss',
  baseMargin: 'margin before any tree (default: that of the mean label)',
  seed: 'of what is drawn (default: 0)',
  threads: 'the model is the same for any number (default: 1)',
} as const satisfies Partial<Record<keyof TrainingParameters, string>>;

type NumberFlag = keyof typeof NUMBERS;

interface Flags extends Readonly<Partial<Record<NumberFlag, string>>> {
  readonly label: string;
  readonly out: string;
  readonly objective: string;
  readonly grow?: string;
  readonly features?: string;
  readonly ignore?: string;
  readonly weight?: string;
  readonly categorical?: string;
  readonly monotone?: string;
  readonly validation?: string;
  readonly json?: boolean;
}

export function register(trees: Command): void {
  const command = trees
    .command('train')
    .description('train a model on a CSV or Parquet file')
    .argument('<file>', 'a CSV or Parquet file, one row an example; empty cells are missing')
    .requiredOption('--label <column>', 'what to predict')
    .requiredOption(
      '--out <model>',
      'ends in .json for XGBoost JSON, in .forest for the compact form',
    )
    .option(
      '--objective <name>',
      'binary:logistic, reg:squarederror, reg:tweedie or count:poisson',
      'binary:logistic',
    )
    .option('--features <columns>', 'comma-separated (default: all others)')
    .option('--ignore <columns>', 'columns that are no features')
    .option('--weight <column>', 'the weight of each row')
    .option('--categorical <columns>', 'category numbers, or texts whose numbers are written down')
    .option('--monotone <column:direction,…>', 'direction 1: never falls as the value rises; -1')
    .option('--validation <file>', 'rows whose loss is reported, and may stop the training')
    .option('--grow <how>', 'depth-wise or leaf-wise (default: depth-wise)')
    .option('--json', 'print a summary as JSON');
  for (const [name, about] of Object.entries(NUMBERS)) command.option(`${flagOf(name)} <n>`, about);
  command.action(run);
}

function flagOf(parameter: string): string {
  return `--${parameter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

async function run(file: string, flags: Flags): Promise<void> {
  const format = modelFormat(flags.out);
  checkWritable(flags.out);
  const table = await openTable(file);
  const progress = progressLine();
  try {
    const features = featuresOf(table, flags);
    const parameters = parametersOf(features, flags);
    const categorical = categoricalColumns(features, flags);
    const categories = await textCategories(table, categorical);
    const plan = { features, categorical, categories, label: flags.label, weight: flags.weight };
    const data = await readExamples(table, plan, (rows) => progress.show(`${rows} rows read`));
    const validation = flags.validation && (await readFile(flags.validation, plan));
    const trained = await usage(() =>
      trainForest(data, parameters, {
        ...(validation ? { validation } : {}),
        onProgress: ({ tree, trees, trainLoss, validationLoss }) =>
          progress.show(
            `tree ${tree} of ${trees}, loss ${trainLoss.toFixed(5)}${validationLoss === null ? '' : `, of the validation rows ${validationLoss.toFixed(5)}`}`,
          ),
      }),
    );
    progress.end();
    writeWhole(flags.out, modelBytes(trained.forest, format));
    if (Object.keys(categories).length > 0)
      writeWhole(categoriesPath(flags.out), `${JSON.stringify(categories, null, 2)}\n`);
    // What another model left there would be read with this one.
    else rmSync(categoriesPath(flags.out), { force: true });
    report(file, data, trained, categories, flags);
  } finally {
    progress.end();
    table.close();
  }
}

function featuresOf(table: Table, flags: Flags): readonly string[] {
  const others = [flags.label, ...namesOf(flags.weight), ...namesOf(flags.ignore)];
  const features = namesOf(flags.features);
  if (features.length > 0) return features;
  return table.columns.filter((column) => !others.includes(column));
}

function categoricalColumns(features: readonly string[], flags: Flags): readonly string[] {
  const named = namesOf(flags.categorical);
  const stranger = named.find((name) => !features.includes(name));
  if (stranger !== undefined) throw new Usage(`--categorical ${stranger} is no feature`);
  return named;
}

async function textCategories(table: Table, categorical: readonly string[]): Promise<Categories> {
  const categories: Record<string, readonly string[]> = {};
  for (const column of categorical)
    if (await table.isText(column)) categories[column] = await table.distinct(column);
  return categories;
}

function parametersOf(features: readonly string[], flags: Flags): TrainingParameters {
  const numbers: Partial<Record<NumberFlag, number>> = {};
  for (const name of Object.keys(NUMBERS) as NumberFlag[]) {
    const text = flags[name];
    if (text === undefined) continue;
    if (text.trim() === '' || Number.isNaN(Number(text)))
      throw new Usage(`${flagOf(name)} ${text} is no number`);
    numbers[name] = Number(text);
  }
  return {
    ...numbers,
    // The trainer checks them and says which there are.
    objective: flags.objective as TrainingParameters['objective'],
    ...(flags.grow === undefined ? {} : { grow: flags.grow as 'depth-wise' }),
    monotone: directionsOf(features, flags.monotone),
  };
}

function directionsOf(features: readonly string[], text: string | undefined) {
  if (text === undefined) return null;
  const directions = features.map((): -1 | 0 | 1 => 0);
  for (const entry of namesOf(text)) {
    const [, name = '', sign] = /^(.*):\+?(-?1)$/.exec(entry) ?? [];
    const column = features.indexOf(name);
    if (column < 0) throw new Usage(`--monotone ${entry}: use <feature>:1 or <feature>:-1`);
    directions[column] = sign === '1' ? 1 : -1;
  }
  return directions;
}

interface Plan {
  readonly features: readonly string[];
  readonly categorical: readonly string[];
  readonly categories: Categories;
  readonly label: string;
  readonly weight: string | undefined;
}

async function readFile(path: string, plan: Plan): Promise<TrainingData> {
  const table = await openTable(path);
  try {
    return await readExamples(table, plan, () => {});
  } finally {
    table.close();
  }
}

/** @throws UnreadableInput for a row without label or weight */
async function readExamples(
  table: Table,
  { features, categorical, categories, label, weight }: Plan,
  report: (rows: number) => void,
): Promise<TrainingData> {
  const read: NumberColumn[] = [
    ...features.map((name) => columnOf(name, categories)),
    ...[label, ...namesOf(weight)].map((name) => ({ name })),
  ];
  const rows = await table.count();
  const filled = read.map(() => new Float32Array(rows));
  let before = 0;
  for await (const { count, numbers } of table.rows(read)) {
    for (const [column, values] of filled.entries())
      for (let row = 0; row < count; row++) {
        const value = numbers[row * read.length + column] as number;
        if (column >= features.length && Number.isNaN(value))
          throw new UnreadableInput(
            `${table.path}, row ${before + row + 1} (without the header), column ${read[column]?.name}: empty`,
          );
        values[before + row] = value;
      }
    before += count;
    report(before);
  }
  const weights = filled[features.length + 1];
  return {
    columns: filled.slice(0, features.length),
    labels: filled[features.length] as Float32Array,
    ...(weights === undefined ? {} : { weights }),
    featureNames: features,
    categorical: features.map((name) => categorical.includes(name)),
  };
}

/** What the trainer refuses was said on the command line. */
async function usage<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InvalidRequest) throw new Usage(error.message, { cause: error });
    throw error;
  }
}

const MOST_TOLD = 20;

function report(
  file: string,
  data: TrainingData,
  { bestTree, history, importance }: TrainedForest,
  categories: Categories,
  flags: Flags,
): void {
  const last = history[bestTree - 1];
  const summary = {
    file,
    rows: data.labels.length,
    features: data.columns.length,
    trees: bestTree,
    grown: history.length,
    train_loss: last?.trainLoss ?? null,
    validation_loss: last?.validationLoss ?? null,
    model: flags.out,
    categories: Object.keys(categories).length > 0 ? categoriesPath(flags.out) : null,
    importance: importance.toSorted((left, right) => right.gain - left.gain),
  };
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const loss = (value: number | null) => (value === null ? '-' : value.toFixed(6));
  process.stdout.write(
    `${alignedTable([
      ['rows', `${summary.rows}`],
      ['features', `${summary.features}`],
      ['trees', `${bestTree}${bestTree < history.length ? ` of ${history.length} grown` : ''}`],
      ['loss', loss(summary.train_loss)],
      ['validation loss', loss(summary.validation_loss)],
      ['model', flags.out],
      ...(summary.categories === null ? [] : [['categories', summary.categories]]),
    ])}\n${alignedTable([
      ['feature', 'gain', 'splits'],
      ...summary.importance
        .slice(0, MOST_TOLD)
        .map(({ feature, gain, count }) => [feature, gain.toPrecision(6), `${count}`]),
    ])}`,
  );
}
