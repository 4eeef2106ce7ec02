import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { openTable, type Table } from '../local/read-table.ts';
import { writeTable } from '../local/write-table.ts';
import { checkWritable, writeWhole } from '../local/write-whole.ts';
import { interval } from '../shared/domain/model-card.ts';
import type { SearchBudget } from '../shared/domain/successive-halving.ts';
import { type ReadColumn, tableInputs, tableValues } from '../shared/domain/table-columns.ts';
import { derivedColumns, withDerived } from '../shared/domain/table-derived-columns.ts';
import { evaluateTable, type TableMetrics } from '../shared/domain/table-evaluation.ts';
import {
  type SessionRows,
  sessionColumns,
  sessionRows,
  stepColumns,
} from '../shared/domain/table-sessions.ts';
import { type TableTrial, type TrainedTable, trainTable } from '../shared/domain/table-training.ts';
import { UnreadableInput, Usage } from '../shared/errors.ts';
import { alignedTable } from './aligned-table.ts';
import { progressLine } from './progress.ts';
import { namesOf } from './trees-model.ts';

export function register(backtest: Command): void {
  backtest
    .command('table')
    .description('train on a table of any columns, predict another one, and measure it')
    .requiredOption('--train <file>', 'CSV or Parquet, one row an example; empty cells are missing')
    .requiredOption('--test <file>', 'the same columns; measured if it has the label')
    .requiredOption('--label <column>', 'what to predict: 0 and 1, or true and false')
    .requiredOption('--out <file>', 'CSV or Parquet: source_row,score')
    .option('--drop <columns>', 'columns that the models may not use, comma-separated')
    .option(
      '--group <column>',
      'rows of one group are never both fitted and measured; not a feature',
    )
    .option(
      '--session <column>',
      'rows of one session are one example (default: a column session_id, if the rows of each have one label)',
    )
    .option('--no-session', 'each row is an example, whatever its columns are called')
    .option('--trials <n>', 'sets of parameters to try', `${DEFAULT_TRIALS}`)
    .option('--minutes <n>', 'time for the search, instead of a number of trials')
    .option('--trials-out <file>', 'JSON: every trial with its parameters and learning curves')
    .option('--seed <n>', 'of the parts, the search, the trees and the intervals', '1')
    .option('--threads <n>', 'the predictions are the same for any number', '1')
    .option('--json', 'print the metrics as JSON')
    .action(run);
}

const DEFAULT_TRIALS = 12;
const MS_PER_MINUTE = 60_000;

interface Flags {
  readonly train: string;
  readonly test: string;
  readonly label: string;
  readonly out: string;
  readonly drop?: string;
  readonly group?: string;
  /** False with --no-session. */
  readonly session?: string | false;
  readonly trials: string;
  readonly minutes?: string;
  readonly trialsOut?: string;
  readonly seed: string;
  readonly threads: string;
  readonly json?: boolean;
}

async function run(flags: Flags): Promise<void> {
  const seed = wholeNumber('--seed', flags.seed, Number.MIN_SAFE_INTEGER);
  const threads = wholeNumber('--threads', flags.threads, 1);
  const budget = budgetOf(flags);
  for (const path of [flags.out, ...namesOf(flags.trialsOut)]) checkWritable(path);
  const { sessions, ...train } = await readTrainingTable(flags);
  const steps = sessions && stepColumns(train.columns, sessions.rows);
  const trainRows = sessions ? sessions.rows : eachRow(train.labels.length);
  const test = await readTestTable(flags, train.columns, sessions?.column ?? null);
  const testRows = sessions ? sessionRows(test.names ?? []) : eachRow(test.labels.length);
  const examples = (columns: readonly ReadColumn[], rows: SessionRows) =>
    steps ? sessionColumns(steps, columns, rows) : columns;
  const firstOf = <Value>(values: ArrayLike<Value>, rows: SessionRows) =>
    rows.map(([row]) => values[row as number] as Value);
  const read = examples(train.columns, trainRows);
  const derived = steps ? [] : derivedColumns(read);
  const columns = withDerived(read, derived);
  const labels = Uint8Array.from(firstOf(train.labels, trainRows));
  const groups = train.groups && groupNumbers(firstOf(train.groups, trainRows).map(String));
  const { used, unused } = tableInputs(columns);
  const { values } = tableValues(used, columns);
  const progress = progressLine();
  const trained = await trainTable(
    { inputs: used, values, labels, groups },
    {
      seed,
      budget,
      threads,
      onTrial: ({ trial, measured, loss, failure }) =>
        progress.show(
          `trial ${trial}, ${measured.length} parts: ${failure ?? `log loss ${loss?.toFixed(5)}`}`,
        ),
    },
  );
  progress.show('measuring');
  const tested = tableValues(used, withDerived(examples(test.columns, testRows), derived));
  const predictions = {
    logistic: trained.predict.logistic(tested.values),
    trees: trained.predict.trees(tested.values),
  };
  await writePredictions(flags.out, scoresOfRows(predictions.trees, testRows));
  if (flags.trialsOut !== undefined)
    writeWhole(flags.trialsOut, `${JSON.stringify(trained.trials.map(recorded), null, 2)}\n`);
  const testLabels = firstOf(test.labels, testRows);
  const testGroups = test.groups && firstOf(test.groups, testRows);
  const metrics = measuredOn(testLabels, testGroups, predictions, seed);
  progress.end();
  report(flags, {
    train: {
      file: flags.train,
      rows: train.labels.length,
      sessions: sessions && { column: sessions.column, count: trainRows.length },
      positives: labels.reduce((sum, label) => sum + label, 0),
      columns: used.map(({ name }) => name),
      unused,
    },
    test: {
      file: flags.test,
      rows: test.labels.length,
      measured: testLabels.filter((label) => label !== null).length,
      unknown_texts: tested.unknown,
    },
    predictions: flags.out,
    seed,
    trials: trained.trials.length,
    failed_trials: trained.trials.filter(({ failure }) => failure !== null).length,
    parameters: { ...trained.parameters, trees: trained.trees, forests: trained.forests.length },
    calibration: { kind: trained.calibration.kind, log_loss: trained.calibration.logLoss },
    cross_validation: { folds: trained.folds, ...trained.crossValidated },
    metrics,
  });
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
    throw new Usage(`${flag} ${text}: give a whole number${least > 0 ? ` from ${least}` : ''}`);
  return value;
}

function budgetOf({ trials, minutes }: Flags): SearchBudget {
  if (minutes === undefined) return { trials: wholeNumber('--trials', trials, 1) };
  const given = Number(minutes) * MS_PER_MINUTE;
  if (!(given > 0 && given < Number.POSITIVE_INFINITY))
    throw new Usage(`--minutes ${minutes}: give a number above 0`);
  const clock = openClock();
  const begun = clock.now();
  return { used: () => (clock.now() - begun) / given };
}

/** A table of which each row is an example. */
const eachRow = (count: number): SessionRows => Array.from({ length: count }, (_, row) => [row]);

/** A row has the score of its session. */
function scoresOfRows(scores: Float64Array, sessions: SessionRows): Float64Array {
  const ofRows = new Float64Array(sessions.reduce((sum, rows) => sum + rows.length, 0));
  for (const [session, rows] of sessions.entries())
    for (const row of rows) ofRows[row] = scores[session] as number;
  return ofRows;
}

interface TrainingTable {
  readonly columns: readonly ReadColumn[];
  readonly labels: Uint8Array;
  readonly groups: Int32Array | null;
  /** Null where each row is an example. */
  readonly sessions: { readonly column: string; readonly rows: SessionRows } | null;
}

interface TestTable {
  readonly columns: readonly ReadColumn[];
  /** Null where there is none: all of them in a file without the column. */
  readonly labels: readonly (number | null)[];
  readonly groups: Int32Array | null;
  /** The session of each row, where the table has such a column. */
  readonly names: readonly (string | null)[] | null;
}

async function readTrainingTable(flags: Flags): Promise<TrainingTable> {
  const table = await openTable(flags.train);
  try {
    const set = new Set([...namesOf(flags.drop), ...namesOf(flags.group)]);
    const session = flags.session === false ? undefined : (flags.session ?? sessionColumn(table));
    if (session !== undefined) set.add(session);
    for (const name of [flags.label, ...set])
      if (!table.columns.includes(name))
        throw new UnreadableInput(
          `${table.path} has no column ${name}: it has ${table.columns.join(', ')}`,
        );
    if (set.has(flags.label)) throw new Usage(`${flags.label} is the label: it cannot be dropped`);
    const names = table.columns.filter((name) => name !== flags.label && !set.has(name));
    if (names.length === 0)
      throw new Usage(`--drop leaves no column of ${table.path} to learn from`);
    const texts = new Set<string>();
    for (const name of names) if (await table.isText(name)) texts.add(name);
    const read = await readColumns(table, {
      names,
      texts,
      label: flags.label,
      ...(flags.group === undefined ? {} : { group: flags.group }),
      ...(session === undefined ? {} : { session }),
    });
    const labels = read.labels.map((label, row) => {
      if (label !== null) return label;
      throw new UnreadableInput(
        `${table.path}, row ${row + 1} (without the header): the label ${flags.label} is missing`,
      );
    });
    const { names: sessionNames, ...rest } = read;
    const rows = sessionNames && sessionRows(sessionNames);
    const mixed = rows?.find((ones) =>
      ones.some((row) => labels[row] !== labels[ones[0] as number]),
    );
    if (mixed !== undefined && flags.session)
      throw new UnreadableInput(
        `${table.path}, row ${(mixed[0] as number) + 1} (without the header): the rows of its ${session} have different labels`,
      );
    const isFolded = rows && mixed === undefined && rows.length < labels.length;
    return {
      ...rest,
      labels: Uint8Array.from(labels),
      // Rows of one session are alike: never both fitted and measured.
      groups: rest.groups ?? (mixed && sessionNames ? groupNumbers(sessionNames) : null),
      sessions: isFolded ? { column: session as string, rows } : null,
    };
  } finally {
    table.close();
  }
}

/** A column called like the id of a session. */
function sessionColumn({ columns }: Table): string | undefined {
  return columns.find((name) => /^(?:session|visit)(?:[ _-]?id)?$/i.test(name));
}

/** The columns that were trained on, as texts or numbers as they were there. */
async function readTestTable(
  flags: Flags,
  trained: readonly ReadColumn[],
  session: string | null,
): Promise<TestTable> {
  const table = await openTable(flags.test);
  try {
    const names = trained.map(({ name }) => name);
    const texts = new Set(trained.filter((column) => 'texts' in column).map(({ name }) => name));
    const { label, group } = flags;
    return await readColumns(table, {
      names,
      texts,
      ...(table.columns.includes(label) ? { label } : {}),
      ...(group !== undefined && table.columns.includes(group) ? { group } : {}),
      ...(session === null ? {} : { session }),
    });
  } finally {
    table.close();
  }
}

async function readColumns(
  table: Table,
  {
    names,
    texts,
    label,
    group,
    session,
  }: {
    readonly names: readonly string[];
    readonly texts: ReadonlySet<string>;
    readonly label?: string;
    readonly group?: string;
    readonly session?: string;
  },
): Promise<TestTable> {
  if (label !== undefined) await checkLabel(table, label);
  const numbers = [...names.filter((name) => !texts.has(name)), ...namesOf(label)];
  const kept = [...texts, ...namesOf(session), ...namesOf(group)];
  const rows = await table.count();
  const filled = numbers.map(() => new Float32Array(rows));
  const words: (string | null)[][] = kept.map(() => []);
  let before = 0;
  for await (const part of table.rows(
    numbers.map((name) => ({ name })),
    kept,
  )) {
    for (const [column, values] of filled.entries())
      for (let row = 0; row < part.count; row++)
        values[before + row] = part.numbers[row * numbers.length + column] as number;
    for (const [column, cells] of part.texts.entries()) words[column]?.push(...cells);
    before += part.count;
  }
  const columns = names.map(
    (name): ReadColumn =>
      texts.has(name)
        ? { name, texts: words[kept.indexOf(name)] as (string | null)[] }
        : { name, numbers: filled[numbers.indexOf(name)] as Float32Array },
  );
  const labels = label === undefined ? new Float32Array(rows).fill(Number.NaN) : filled.at(-1);
  return {
    columns,
    labels: Array.from(labels as Float32Array, (value) => (Number.isNaN(value) ? null : value)),
    groups: group === undefined ? null : groupNumbers(words.at(-1) as (string | null)[]),
    names: session === undefined ? null : (words[texts.size] as (string | null)[]),
  };
}

const MOST_TOLD = 5;

/** @throws UnreadableInput naming what else than 0, 1, true and false the label holds */
async function checkLabel(table: Table, label: string): Promise<void> {
  const strange = (await table.distinct(label)).filter(
    (text) => !/^(?:[01](?:\.0*)?|true|false|nan)$/i.test(text),
  );
  if (strange.length > 0)
    throw new UnreadableInput(
      `${table.path}: the label ${label} is not binary, it holds ${strange.slice(0, MOST_TOLD).join(', ')}${strange.length > MOST_TOLD ? ', …' : ''}; use 0 and 1, or true and false`,
    );
}

/** Numbers in the order of first appearance; a row without a group is one by itself. */
function groupNumbers(names: readonly (string | null)[]): Int32Array {
  const numbers = new Map<string, number>();
  let next = 0;
  return Int32Array.from(names, (name) => {
    const number = name ? (numbers.get(name) ?? next) : next;
    if (number === next) next++;
    if (name) numbers.set(name, number);
    return number;
  });
}

async function writePredictions(path: string, scores: Float64Array): Promise<void> {
  const header = [
    { name: 'source_row', type: 'number' },
    { name: 'score', type: 'number' },
  ] as const;
  await writeTable(path, header, async (writer) => {
    for (const [row, score] of scores.entries()) {
      writer.write([row + 1, score]);
      if (row % ROWS_TO_DRAIN === 0) await writer.drain();
    }
  });
}

const ROWS_TO_DRAIN = 10_000;

function measuredOn(
  labels: readonly (number | null)[],
  groups: readonly number[] | null,
  predictions: Readonly<Record<string, Float64Array>>,
  seed: number,
): TableMetrics | null {
  const rows = [...labels.keys()].filter((row) => labels[row] !== null);
  if (rows.length === 0) return null;
  return evaluateTable(
    Object.fromEntries(
      Object.entries(predictions).map(([model, scores]) => [
        model,
        Float64Array.from(rows, (row) => scores[row] as number),
      ]),
    ),
    Uint8Array.from(rows, (row) => labels[row] as number),
    groups && groupNumbers(rows.map((row) => `${groups[row]}`)),
    seed,
  );
}

/** A learning curve is told at so many places, and at its end. */
const CURVE_POINTS = 40;

/** A trial as it is written down. */
function recorded({ trial, parameters, loss, failure, measured }: TableTrial) {
  return {
    trial,
    parameters,
    loss,
    failure,
    parts: measured.map(({ loss: ofPart, trees, curve }) => {
      const step = Math.ceil(curve.length / CURVE_POINTS);
      return {
        loss: ofPart,
        trees,
        curve: curve
          .filter(({ tree }) => tree % step === 0 || tree === curve.length)
          .map(({ tree, trainLoss, validationLoss }) => ({ tree, trainLoss, validationLoss })),
      };
    }),
  };
}

interface Summary {
  readonly train: {
    readonly file: string;
    readonly rows: number;
    readonly sessions: { readonly column: string; readonly count: number } | null;
    readonly positives: number;
    readonly columns: readonly string[];
    readonly unused: readonly { readonly name: string; readonly why: string }[];
  };
  readonly test: {
    readonly file: string;
    readonly rows: number;
    readonly measured: number;
    readonly unknown_texts: Readonly<Record<string, number>>;
  };
  readonly predictions: string;
  readonly seed: number;
  readonly trials: number;
  readonly failed_trials: number;
  readonly parameters: TrainedTable['parameters'] & {
    readonly trees: number;
    readonly forests: number;
  };
  readonly calibration: {
    readonly kind: string;
    readonly log_loss: TrainedTable['calibration']['logLoss'];
  };
  readonly cross_validation: TrainedTable['crossValidated'] & { readonly folds: number };
  readonly metrics: TableMetrics | null;
}

const TOLD: Readonly<Record<string, string>> = {
  auc: 'AUC',
  auc_gain_over_logistic: 'AUC gained over logistic',
  average_precision: 'average precision',
  log_loss: 'log loss',
  brier: 'Brier score',
  ece: 'calibration error, 10 bins',
  calibration_slope: 'calibration slope',
};

function report(flags: Flags, summary: Summary): void {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const { train, test, metrics, parameters, calibration, cross_validation } = summary;
  const parts = [
    `trained on      ${train.rows} rows of ${train.file},${train.sessions ? ` ${train.sessions.count} sessions by ${train.sessions.column},` : ''} ${train.positives} of label 1, ${train.columns.length} columns`,
    ...train.unused.map(({ name, why }) => `not used        ${name}: ${why}`),
    `chosen          ${Object.entries(parameters)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
    `                of ${summary.trials} trials, ${summary.failed_trials} failed; calibration: ${calibration.kind}`,
    `cross-validated AUC ${Math.max(...Object.values(cross_validation.trees).map(({ auc }) => auc)).toFixed(3)}, logistic ${cross_validation.logistic.auc.toFixed(3)}`,
    ...Object.entries(test.unknown_texts).map(
      ([name, count]) => `unknown         ${name}: ${count} texts count as missing`,
    ),
    `predicted       ${test.rows} rows of ${test.file}: ${flags.out}`,
  ];
  process.stdout.write(
    `${parts.join('\n')}\n\n${metrics === null ? `${test.file} has no label ${flags.label}: nothing is measured\n` : metricsOf(metrics, test.measured)}`,
  );
}

function metricsOf(metrics: TableMetrics, rows: number): string {
  const models = Object.keys(metrics);
  return `${alignedTable([
    [`on ${rows} labelled rows`, ...models],
    ...Object.entries(TOLD).map(([metric, meaning]) => [
      meaning,
      ...models.map((model) => interval(metrics[model]?.[metric])),
    ]),
  ])}`;
}
