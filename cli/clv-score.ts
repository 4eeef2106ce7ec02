import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { storeOrders } from '../local/orders/order-store.ts';
import { scoreBase } from '../local/orders/score-base.ts';
import { SCORE_COLUMNS, type ScoredPart, writeScores } from '../local/orders/scored-part.ts';
import { parseOrderSource } from '../local/read-orders.ts';
import { writeTable } from '../local/write-table.ts';
import { checkWritable } from '../local/write-whole.ts';
import type { ClvModel } from '../shared/domain/clv-model.ts';
import { Usage } from '../shared/errors.ts';
import {
  clvVersion,
  day,
  dayNamed,
  importTold,
  isLake,
  ORDER_SOURCES,
  readClvOrders,
  requireCustomers,
  requireLater,
} from './clv-orders.ts';
import { progressLine } from './progress.ts';

export function register(clv: Command): void {
  clv
    .command('score')
    .description('what every customer is going to spend, by a registered model, into a file')
    .requiredOption('--orders <format:file[,file…]>', ORDER_SOURCES)
    .requiredOption('--as-of <date>', 'YYYY-MM-DD: orders before this day count')
    .requiredOption(
      '--out <file>',
      '.csv or .parquet: customer_id,predicted_value,low,high,p_alive,churn_probability,expected_purchases,tier',
    )
    .option('--model <version>', 'default: the one that serves, else the newest candidate')
    .option('--workers <n>', 'default: one a core')
    .option('--json', 'print the summary as JSON')
    .action(score);
}

interface Flags {
  readonly orders: string;
  readonly asOf: string;
  readonly out: string;
  readonly model?: string;
  readonly workers?: string;
  readonly json?: boolean;
}

async function score(flags: Flags): Promise<void> {
  const at = dayNamed('--as-of', flags.asOf);
  if (!isLake(flags.orders)) parseOrderSource(flags.orders);
  const workers = flags.workers === undefined ? availableParallelism() : Number(flags.workers);
  if (!Number.isInteger(workers) || workers < 1)
    throw new Usage(`--workers ${flags.workers}: use 1 or more`);
  if (!/\.(?:csv|parquet)$/i.test(flags.out))
    throw new Usage(`--out ${flags.out}: use a file that ends in .csv or .parquet`);
  checkWritable(flags.out);
  const model = await clvVersion(flags.model);
  requireLater(model, at);
  const progress = progressLine();
  // Beside the result: what is sorted on disk is as large as the orders.
  const folder = mkdtempSync(join(dirname(resolve(flags.out)), 'clv-score-'));
  try {
    const scored =
      isLake(flags.orders) || model.document.activity === true
        ? await scoreInMemory(model, flags, at, folder)
        : await scoreOnDisk(model, flags, { at, folder, workers, report: progress.show });
    requireCustomers(scored.customers, at);
    progress.end();
    const { customers, predictedValue, tiers, counts } = scored;
    const { champion, horizon_days } = model.document;
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({
            model_version: model.version,
            champion,
            as_of: day(at),
            horizon_days,
            file: flags.out,
            customers,
            predicted_value: predictedValue,
            tiers,
            orders: counts,
          })}\n`
        : `${importTold(counts)}
${customers} customers are going to spend ${predictedValue.toFixed(2)} in the ${horizon_days} days from ${day(at)}, by ${model.version} (${champion}).
Tiers: ${tiers.high} high, ${tiers.medium} medium, ${tiers.low} low. They are in ${flags.out}
`,
    );
  } finally {
    progress.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** More orders than the memory holds, in parts. */
async function scoreOnDisk(
  model: ClvModel,
  { orders, out }: Flags,
  {
    at,
    folder,
    workers,
    report,
  }: {
    readonly at: number;
    readonly folder: string;
    readonly workers: number;
    readonly report: (text: string) => void;
  },
): Promise<ScoredPart> {
  report('sorting orders by customer');
  const store = await storeOrders(parseOrderSource(orders), openClock().now(), folder);
  return await scoreBase(store, model, at, {
    folder,
    path: out,
    workers,
    report: (customers) => report(`${customers} of ${store.customers} customers scored`),
  });
}

/** The lake's orders. */
async function scoreInMemory(
  model: ClvModel,
  { orders, out }: Flags,
  at: number,
  folder: string,
): Promise<ScoredPart> {
  const { book } = await readClvOrders(
    orders,
    openClock().now(),
    model.document.activity === true,
    () => {},
  );
  const lines = join(folder, 'scores.csv');
  const scored = writeScores(model, book, at, lines);
  await writeTable(out, SCORE_COLUMNS, (writer) => writer.append(lines));
  return scored;
}
