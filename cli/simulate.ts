import type { Command } from 'commander';
import { LineFile } from '../local/simulator/line-file.ts';
import { type ShopOptions, type SimulatedEvent, simulateShop } from '../local/simulator/shop.ts';
import { Usage } from '../shared/errors.ts';

export function register(program: Command): void {
  program
    .command('simulate')
    .description(
      'write the traffic of the simulated shop as canonical JSON lines, and on request the truth about it',
    )
    .requiredOption(
      '--out <file>',
      'events, one JSON document a line; compressed if it ends in .gz',
    )
    .option('--truth <file>', 'CSV of the true purchase probability at every event (.gz too)')
    .option('--visitors <n>', 'distinct visitors', '10000')
    .option('--days <n>', 'days in which they come and come back', '30')
    .option('--seed <n>', 'the same seed gives the same bytes', '1')
    .option('--start <time>', 'time of opening, ISO 8601', '2026-01-05T00:00:00Z')
    .option('--pace <n>', 'how fast people act and come back; the shop of `start` has 4', '1')
    .option('--drift-after <days>', 'day from which visitors are keener, or less keen')
    .option('--drift-interest <log-odds>', 'by how much: above 0 keener, below 0 less keen')
    .option('--json', 'print the summary as JSON')
    .action((flags: Flags) => {
      const summary = writeTraffic(optionsOf(flags), flags.out, flags.truth);
      process.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : told(summary));
    });
}

interface Flags {
  readonly out: string;
  readonly truth?: string;
  readonly visitors: string;
  readonly days: string;
  readonly seed: string;
  readonly start: string;
  readonly pace: string;
  readonly driftAfter?: string;
  readonly driftInterest?: string;
  readonly json?: boolean;
}

interface Summary {
  readonly events: number;
  readonly orders: number;
  /** Time of the first and the last event, null where there is none. */
  readonly from: string | null;
  readonly to: string | null;
}

function optionsOf(flags: Flags): ShopOptions {
  const startAt = Date.parse(flags.start);
  if (Number.isNaN(startAt)) throw new Usage(`--start ${flags.start} is no ISO 8601 time`);
  if ((flags.driftAfter === undefined) !== (flags.driftInterest === undefined)) {
    throw new Usage('--drift-after and --drift-interest go together');
  }
  return {
    seed: numberOf('--seed', flags.seed, Number.isSafeInteger),
    startAt,
    visitors: numberOf('--visitors', flags.visitors, (n) => Number.isSafeInteger(n) && n > 0),
    days: numberOf('--days', flags.days, (n) => n > 0 && n <= 3650),
    pace: numberOf('--pace', flags.pace, (n) => n > 0 && n <= 1000),
    ...(flags.driftAfter === undefined || flags.driftInterest === undefined
      ? {}
      : {
          drift: {
            afterDays: numberOf('--drift-after', flags.driftAfter, (n) => n >= 0),
            interest: numberOf('--drift-interest', flags.driftInterest, Number.isFinite),
          },
        }),
  };
}

function numberOf(flag: string, text: string, fits: (value: number) => boolean): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!fits(value)) throw new Usage(`${flag} ${text} is not a number it can work with`);
  return value;
}

const PROGRESS_EVERY = 50_000;

function writeTraffic(options: ShopOptions, out: string, truthFile: string | undefined): Summary {
  const lines = new LineFile(out);
  const truths = truthFile === undefined ? null : new LineFile(truthFile);
  const summary: Mutable<Summary> = { events: 0, orders: 0, from: null, to: null };
  let lastOrder: string | undefined;
  try {
    truths?.write(TRUTH_COLUMNS.join(','));
    for (const simulated of simulateShop(options)) {
      const { event } = simulated;
      lines.write(lineOf(simulated));
      truths?.write(truthOf(simulated));
      summary.events++;
      summary.from ??= event.event_timestamp;
      summary.to = event.event_timestamp;
      if (event.event_type === 'purchase' && event.order_id !== lastOrder) {
        summary.orders++; // lines of one order follow each other
        lastOrder = event.order_id;
      }
      if (summary.events % PROGRESS_EVERY === 0 && process.stderr.isTTY) {
        process.stderr.write(`\r${summary.events} events, up to ${summary.to.slice(0, 10)}`);
      }
    }
    if (summary.events >= PROGRESS_EVERY && process.stderr.isTTY) process.stderr.write('\n');
    lines.keep();
    truths?.keep();
    return summary;
  } finally {
    lines.discard();
    truths?.discard();
  }
}

type Mutable<Shape> = { -readonly [Field in keyof Shape]: Shape[Field] };

function lineOf({ at, event }: SimulatedEvent): string {
  return JSON.stringify({ ...event, received_at: new Date(at).toISOString() });
}

const TRUTH_COLUMNS = [
  'event_id',
  'visitor',
  'session',
  'purchase_probability',
  'intent_probability',
  'intent',
] as const;

function truthOf({ event, truth }: SimulatedEvent): string {
  const values = { ...truth, event_id: event.event_id };
  return TRUTH_COLUMNS.map((column) => values[column] ?? '').join(',');
}

function told({ events, orders, from, to }: Summary): string {
  return `${events} events with ${orders} orders, ${from ?? 'never'} to ${to ?? 'never'}\n`;
}
