import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { ORDER_FORMATS, readOrders } from '../local/read-orders.ts';
import { LineFile } from '../local/simulator/line-file.ts';
import { checkWritable } from '../local/write-whole.ts';
import { backtestClv, type ClvBacktest } from '../shared/domain/clv-backtest.ts';
import {
  type ClvCrossValidation,
  CROSS_VALIDATED,
  crossValidateClv,
} from '../shared/domain/clv-cross-validation.ts';
import {
  CLV_METRICS,
  type ClvEvaluation,
  type ClvMetric,
} from '../shared/domain/clv-evaluation.ts';
import { clvCutPoints, clvTier } from '../shared/domain/clv-tiers.ts';
import { interval } from '../shared/domain/model-card.ts';
import type { OrderBook } from '../shared/domain/orders/order-book.ts';
import { Usage } from '../shared/errors.ts';
import type { MetricInterval } from '../shared/schemas/model.ts';
import { alignedTable } from './aligned-table.ts';
import { day, dayNamed, horizonNamed, importTold, seedNamed } from './clv-orders.ts';
import { progressLine } from './progress.ts';

const TIER_NAMES = { high: 'High', medium: 'Medium', low: 'Low' } as const;

export function register(backtest: Command): void {
  backtest
    .command('clv')
    .description('predict what every customer spends after a cut-off, from orders before it alone')
    .requiredOption('--orders <format:file[,file…]>', `formats: ${ORDER_FORMATS.join(', ')}`)
    .requiredOption('--cutoff <date>', 'YYYY-MM-DD: the first day of the horizon')
    .requiredOption('--horizon-days <n>', 'days to predict')
    .requiredOption(
      '--out <file>',
      'CSV: customer_id,predicted_value,p_alive,expected_purchases,tier (compressed if .gz)',
    )
    .option(
      '--folds <n>',
      'measure customers by models of other customers in the same horizon, in so many folds',
    )
    .option('--seed <n>', 'of the sampling and of the bootstrap intervals', '1')
    .option('--json', 'print the metrics as JSON')
    .action(run);
}

interface Flags {
  readonly orders: string;
  readonly cutoff: string;
  readonly horizonDays: string;
  readonly out: string;
  readonly folds?: string;
  readonly seed: string;
  readonly json?: boolean;
}

async function run(flags: Flags): Promise<void> {
  const at = dayNamed('--cutoff', flags.cutoff);
  const horizonDays = horizonNamed(flags.horizonDays);
  const seed = seedNamed(flags.seed);
  const folds = flags.folds === undefined ? null : foldsNamed(flags.folds);
  checkWritable(flags.out);

  const progress = progressLine();
  try {
    const book = await readOrders(flags.orders, openClock().now(), (rows) =>
      progress.show(`${rows} rows read`),
    );
    progress.show(`training on ${book.customers.length} customers`);
    if (folds !== null) {
      const validated = await crossValidateClv(book, at, horizonDays, folds, seed);
      const cutPoints = clvCutPoints(Float64Array.from(validated.customers, ({ value }) => value));
      writePredictions(
        flags.out,
        validated.customers.map((one) => ({ ...one, tier: clvTier(one.value, cutPoints) })),
      );
      progress.end();
      process.stdout.write(
        flags.json
          ? `${JSON.stringify(validatedSummary(flags, book, validated, seed))}\n`
          : `${importTold(book.counts)}\nCustomers were predicted by models of other customers, in ${folds} folds.\n\n${metricsTold(CROSS_VALIDATED, validated.evaluation)}\n${validated.customers.length} predictions of ${CROSS_VALIDATED} are in ${flags.out}\n`,
      );
      return;
    }
    const backtest = await backtestClv(book, at, horizonDays, seed);
    writePredictions(flags.out, backtest.customers);
    progress.end();
    process.stdout.write(
      flags.json
        ? `${JSON.stringify(summary(flags, book, backtest, seed))}\n`
        : told(flags, book, backtest),
    );
  } finally {
    progress.end();
  }
}

const MOST_FOLDS = 20;

/** @throws Usage */
function foldsNamed(text: string): number {
  const folds = Number(text);
  if (!Number.isInteger(folds) || folds < 2 || folds > MOST_FOLDS)
    throw new Usage(`--folds ${text}: use 2 to ${MOST_FOLDS}`);
  return folds;
}

function writePredictions(path: string, customers: ClvBacktest['customers']): void {
  const file = new LineFile(path);
  try {
    file.write('customer_id,predicted_value,p_alive,expected_purchases,tier');
    for (const { id, value, alive, purchases, tier } of customers)
      file.write(
        `${cell(id)},${value.toFixed(4)},${alive.toFixed(6)},${purchases.toFixed(6)},${TIER_NAMES[tier]}`,
      );
    file.keep();
  } finally {
    file.discard();
  }
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function summary(flags: Flags, book: OrderBook, backtest: ClvBacktest, seed: number) {
  const { evaluation, chosen, training, cutPoints, customers } = backtest;
  const { compared } = chosen;
  const { purchases, spend } = training.fit;
  return {
    orders: { from: day(book.from), to: day(book.to), ...book.counts },
    cutoff: flags.cutoff,
    horizon_days: Number(flags.horizonDays),
    covered_days: backtest.coveredDays,
    predictions: { file: flags.out, customers: customers.length, model: chosen.champion },
    champion: {
      model: chosen.champion,
      compared_at: compared && day(compared.training.population.at),
      compared_days: compared?.days ?? 0,
      candidates: compared && Object.fromEntries(compared.evaluation.models),
    },
    training: {
      cutoffs: training.cutoffs.map(day),
      label_days: training.population.span.labelDays,
      rows: training.rows,
      value_cap: training.cap,
      season_factor: backtest.seasonFactor,
    },
    bg_nbd: {
      ...purchases.model,
      log_likelihood: purchases.logLikelihood,
      diagnosis: purchases.diagnosis,
      fallback: purchases.fallback,
    },
    gamma_gamma: {
      ...spend.model,
      log_likelihood: spend.logLikelihood,
      diagnosis: spend.diagnosis,
      fallback: spend.fallback,
    },
    tiers: {
      cut_points: cutPoints,
      ...Object.fromEntries(
        (['high', 'medium', 'low'] as const).map((tier) => [
          TIER_NAMES[tier],
          customers.filter((one) => one.tier === tier).length,
        ]),
      ),
    },
    seed,
    metrics: evaluation && metricsOf(evaluation),
  };
}

function validatedSummary(
  flags: Flags,
  book: OrderBook,
  { folds, customers, evaluation }: ClvCrossValidation,
  seed: number,
) {
  return {
    orders: { from: day(book.from), to: day(book.to), ...book.counts },
    cutoff: flags.cutoff,
    horizon_days: Number(flags.horizonDays),
    folds,
    predictions: { file: flags.out, customers: customers.length, model: CROSS_VALIDATED },
    seed,
    metrics: metricsOf(evaluation),
  };
}

function metricsOf(evaluation: ClvEvaluation) {
  return {
    customers: evaluation.customers,
    buyers: evaluation.buyers,
    total: evaluation.total,
    models: Object.fromEntries(evaluation.models),
    champion_minus: Object.fromEntries(evaluation.differences),
    deciles: Object.fromEntries(evaluation.deciles),
    lorenz: evaluation.lorenz,
  };
}

function told(flags: Flags, book: OrderBook, backtest: ClvBacktest): string {
  const { chosen, training, evaluation, coveredDays } = backtest;
  const { compared } = chosen;
  const { diagnosis, fallback } = training.fit.purchases;
  const { labelDays } = training.population.span;
  const lines = [
    importTold(book.counts),
    `Orders from ${day(book.from)} to ${day(book.to)}; cut-off ${flags.cutoff}.`,
    labelDays < Number(flags.horizonDays)
      ? `History is short: trained on values of ${labelDays} days, drawn out to ${flags.horizonDays}.`
      : null,
    `Trained on ${training.rows} rows of ${training.cutoffs.length} cut-offs; season factor ${backtest.seasonFactor.toFixed(3)}.`,
    compared === null
      ? `Too little history to compare models: ${chosen.champion}.`
      : `Candidates were compared in the ${compared.days} days after ${day(compared.training.population.at)}: ${chosen.champion}.`,
    diagnosis.length === 0
      ? null
      : `BG/NBD: ${diagnosis.join(', ')}${fallback === null ? '' : `; in its place: ${fallback}`}.`,
    evaluation === null
      ? `The orders cover ${coveredDays} of the ${flags.horizonDays} days: nothing to measure against.`
      : `\n${metricsTold(chosen.champion, evaluation)}`,
    `${backtest.customers.length} predictions of ${chosen.champion} are in ${flags.out}`,
  ];
  return `${lines.filter((line) => line !== null).join('\n')}\n`;
}

const IN_MONEY: readonly ClvMetric[] = ['mae', 'rmse', 'rmse_capped'];

function metricsTold(champion: string, evaluation: ClvEvaluation): string {
  const { models, differences, deciles } = evaluation;
  const metrics = Object.keys(CLV_METRICS) as ClvMetric[];
  const shown = (metric: ClvMetric, value: MetricInterval | undefined) =>
    IN_MONEY.includes(metric) && value !== undefined ? inMoney(value) : interval(value);
  const rows = (of: ReadonlyMap<string, Readonly<Record<ClvMetric, MetricInterval>>>) =>
    metrics.map((metric) => [
      CLV_METRICS[metric],
      ...[...of.values()].map((values) => shown(metric, values[metric])),
    ]);
  return [
    `Measured on ${evaluation.customers} customers, ${evaluation.buyers} of whom bought for ${evaluation.total.toFixed(2)}; 95 % intervals by bootstrap over customers.\n`,
    alignedTable([['', ...models.keys()], ...rows(models)]),
    alignedTable([[`${champion} minus`, ...differences.keys()], ...rows(differences)]),
    alignedTable([
      ['decile', 'predicted', 'actual'],
      ...(deciles.get(champion) ?? []).map(({ meanPredicted, meanActual }, index) => [
        `${index + 1}`,
        meanPredicted.toFixed(2),
        meanActual.toFixed(2),
      ]),
    ]),
  ].join('\n');
}

function inMoney({ value, lower, upper }: MetricInterval): string {
  const text = (one: number | null) => one?.toFixed(2) ?? '–';
  return `${text(value)} [${text(lower)}, ${text(upper)}]`;
}
