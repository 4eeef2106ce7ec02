import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { openOnlineStore } from '#adapters/online-store';
import { resourceNamed } from '../local/environment.ts';
import { openModels } from '../local/models.ts';
import { clvMetricsTable } from '../shared/domain/clv-card.ts';
import { CLV_MODEL, type TrainedClv } from '../shared/domain/clv-training.ts';
import { gatesTable } from '../shared/domain/model-card.ts';
import { readRouting, registerModel } from '../shared/domain/publish-model.ts';
import { CLV_BASELINES } from '../shared/schemas/clv-model.ts';
import {
  day,
  dayNamed,
  horizonNamed,
  importTold,
  isLake,
  ORDER_SOURCES,
  seedNamed,
} from './clv-orders.ts';
import { trainClvOn } from './clv-training-run.ts';
import { progressLine } from './progress.ts';

export function register(clv: Command): void {
  clv
    .command('train')
    .description(
      "train a model of customers' values, measure it on later days, and register it as candidate if it passes its gates",
    )
    .requiredOption('--orders <format:file[,file…]>', ORDER_SOURCES)
    .option('--as-of <date>', 'orders from this day on are not looked at (default: after the last)')
    .option('--horizon-days <n>', 'days to predict', '365')
    .option('--activity', 'learn from sessions and carts too; scoring then needs them')
    .option('--seed <n>', 'of the sampling and of the bootstrap intervals', '1')
    .option('--why <text>', 'kept in the registry', 'by hand')
    .option('--json', 'print version, gates and metrics as JSON')
    .action(train);
}

interface Flags {
  readonly orders: string;
  readonly asOf?: string;
  readonly horizonDays: string;
  readonly activity?: boolean;
  readonly seed: string;
  readonly why: string;
  readonly json?: boolean;
}

const EXIT_REJECTED = 1;

async function train(flags: Flags): Promise<void> {
  const horizonDays = horizonNamed(flags.horizonDays);
  const seed = seedNamed(flags.seed);
  const named = flags.asOf === undefined ? null : dayNamed('--as-of', flags.asOf);
  const now = openClock().now();
  const progress = progressLine();
  try {
    const stores = openModels();
    const routing = await readRouting(CLV_MODEL, openOnlineStore(resourceNamed('ONLINE_TABLE')));
    const { trained, orders } = await trainClvOn(
      {
        source: flags.orders,
        asOf: flags.asOf,
        activity: flags.activity === true,
        // Of the lake, what came in later does not change the training done again.
        before: isLake(flags.orders) && named !== null ? named : now,
        champion: routing?.champion ?? null,
        horizonDays,
        seed,
        runDate: day(now),
      },
      stores,
      progress.show,
    );
    const { book, base } = orders;
    const reason = trained.blocking.map((gate) => `${gate.name}: ${gate.verdict}`).join(', ');
    await registerModel(
      CLV_MODEL,
      trained.folder,
      {
        registeredAt: new Date(now).toISOString(),
        registeredBy: `foresight clv train, ${userInfo().username}: ${flags.why}`,
        ...(reason !== '' && { reason }),
      },
      stores,
    );
    progress.end();
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ orders: { from: day(book.from), to: day(book.to), ...book.counts }, customers: book.customers.length, base, ...summaryOf(trained) })}\n`
        : `${importTold(book.counts)}\n${sampleTold(book.customers.length, base)}${told(trained)}`,
    );
    if (reason !== '') process.exitCode = EXIT_REJECTED;
  } finally {
    progress.end();
  }
}

function sampleTold(customers: number, base: number): string {
  return customers === base
    ? ''
    : `Trained on a sample of ${customers} of ${base} customers: lines and cancellations above are theirs.\n`;
}

function summaryOf(trained: TrainedClv) {
  const { folder, document, evaluation, measured, gates, blocking, slices } = trained;
  const { champion, horizon_days, label_days, cut_points, bg_nbd, gamma_gamma } = document;
  const { basis, coverage } = document.intervals;
  return {
    model: CLV_MODEL,
    version: folder.version,
    status: blocking.length === 0 ? 'candidate' : 'rejected',
    rejected_by: blocking.map(({ name }) => name),
    as_of: day(document.as_of),
    champion,
    horizon_days,
    label_days,
    cut_points,
    intervals: { basis, coverage },
    bg_nbd,
    gamma_gamma,
    evaluated_on: evaluation && { ...measured, customers: evaluation.customers },
    metrics: evaluation && Object.fromEntries(evaluation.models),
    champion_minus: evaluation && Object.fromEntries(evaluation.differences),
    lorenz: evaluation?.lorenz ?? null,
    slices,
    gates,
  };
}

function told(trained: TrainedClv): string {
  const { folder, document, evaluation, measured, gates, blocking } = trained;
  const { horizon_days, label_days, cut_points, intervals, bg_nbd } = document;
  const candidate = `Registered ${CLV_MODEL} ${folder.version} (${document.champion}) as candidate. The weekly scoring takes it once you

  npm run foresight -- models promote ${CLV_MODEL} ${folder.version}
`;
  const rejected = `Registered ${CLV_MODEL} ${folder.version} as rejected:

${blocking.map(({ name, verdict, rule }) => `  ${name}: ${verdict}. ${rule}\n`).join('')}`;
  return [
    label_days < horizon_days
      ? `History is short: trained on values of ${label_days} days, drawn out to ${horizon_days}.`
      : null,
    bg_nbd.diagnosis.length === 0
      ? null
      : `BG/NBD: ${bg_nbd.diagnosis.join(', ')}${bg_nbd.fallback === null ? '' : `; in its place: ${bg_nbd.fallback}`}.`,
    evaluation === null || measured === null
      ? 'Too little history to compare models: the fallback it is, and nothing is measured.'
      : `Measured on ${evaluation.customers} customers in the ${measured.days} days after ${measured.from}; 95 % intervals by bootstrap over customers.\n\n${clvMetricsTable({ models: new Map([...evaluation.models].slice(0, 1 + CLV_BASELINES.length)) })}`,
    `\n${gatesTable(gates)}\n`,
    `Tiers: high from ${cut_points.high}, medium from ${cut_points.medium}. 80 % intervals: ${intervals.coverage === null ? 'of an exponential distribution' : `${(100 * intervals.coverage).toFixed(1)} % of later customers are within`}.`,
    blocking.length === 0 ? candidate : rejected,
  ]
    .filter((line) => line !== null)
    .join('\n');
}
