import type { Command } from 'commander';
import { writeTable } from '../local/write-table.ts';
import { scoreCustomers } from '../shared/domain/clv-model.ts';
import { clvSegments } from '../shared/domain/clv-segments.ts';
import { Usage } from '../shared/errors.ts';
import { CLV_VALUE_TIERS } from '../shared/schemas/clv.ts';
import { alignedTable } from './aligned-table.ts';
import { type AskedFlags, askedOf, day, ORDER_SOURCES, requireCustomers } from './clv-orders.ts';

export function register(clv: Command): void {
  clv
    .command('segments')
    .description('tiers of customers: how many, what share of the value, and who is in one')
    .requiredOption('--orders <format:file[,file…]>', ORDER_SOURCES)
    .option('--as-of <date>', 'orders before this day count (default: all)')
    .option('--model <version>', 'default: the one that serves, else the newest candidate')
    .option('--tier <tier>', `list the customers of one: ${CLV_VALUE_TIERS.join(', ')}`)
    .option('--out <file>', '.csv or .parquet for that list (default: stdout)')
    .option('--json', 'print sizes and shares as JSON')
    .action(segments);
}

interface Flags extends AskedFlags {
  readonly tier?: string;
  readonly out?: string;
  readonly json?: boolean;
}

async function segments(flags: Flags): Promise<void> {
  const tier = CLV_VALUE_TIERS.find((known) => known === flags.tier);
  if (flags.tier !== undefined && tier === undefined)
    throw new Usage(`--tier ${flags.tier}: use ${CLV_VALUE_TIERS.join(', ')}`);
  if (flags.out !== undefined && tier === undefined)
    throw new Usage('--out goes with --tier: it is the list of one');
  const { model, book, at } = await askedOf(flags);
  const scores = scoreCustomers(model, book, at, { reasons: 0 });
  requireCustomers(scores.length, at);
  const sizes = clvSegments(scores);
  if (tier !== undefined) {
    const listed = scores
      .filter((score) => score.tier === tier)
      .sort((one, other) => other.predicted_value - one.predicted_value);
    await writeTable(flags.out ?? null, COLUMNS, async (writer) => {
      for (const score of listed) writer.write(COLUMNS.map(({ name }) => score[name]));
    });
    if (flags.out === undefined) return;
  }
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ model_version: model.version, as_of: day(at), horizon_days: model.document.horizon_days, cut_points: model.document.cut_points, tiers: sizes })}\n`,
    );
    return;
  }
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  process.stdout.write(
    `${scores.length} customers as of ${day(at)}, by ${model.version}; high from ${model.document.cut_points.high}, medium from ${model.document.cut_points.medium}.

${alignedTable([
  ['tier', 'customers', 'share', 'value', 'share of value', 'mean value', 'mean P(alive)'],
  ...sizes.map((segment) => [
    segment.tier,
    String(segment.customers),
    percent(segment.share),
    segment.predicted_value.toFixed(2),
    percent(segment.value_share),
    segment.mean_value?.toFixed(2) ?? '–',
    segment.mean_p_alive?.toFixed(3) ?? '–',
  ]),
])}${flags.out === undefined ? '' : `\nThe customers of the ${flags.tier} tier are in ${flags.out}\n`}`,
  );
}

const COLUMNS = [
  { name: 'customer_id', type: 'text' },
  { name: 'predicted_value', type: 'number' },
  { name: 'p_alive', type: 'number' },
  { name: 'churn_probability', type: 'number' },
  { name: 'expected_purchases', type: 'number' },
] as const;
