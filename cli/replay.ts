import type { Command } from 'commander';
import { FORMAT_NAMES, formatNamed } from '../local/read-events.ts';
import { type ReplaySummary, replay } from '../local/replay.ts';
import { Usage } from '../shared/errors.ts';
import { progressLine } from './progress.ts';
import { sourceReport, table } from './source-report.ts';

export function register(program: Command): void {
  program
    .command('replay')
    .description(
      'live through files of events: door, streams and features, on the clock of the events',
    )
    .argument('<format>', FORMAT_NAMES.join(', '))
    .argument('<files...>', 'plain or .gz; several are merged by time')
    .option('--speed <n>', 'times as fast as it happened; else as fast as it goes')
    .option('--data-dir <folder>', 'of this replay alone (default: .foresight/replay-<format>)')
    .option('--json', 'print the summary as JSON')
    .action(run);
}

interface Flags {
  readonly speed?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

async function run(format: string, files: string[], flags: Flags): Promise<void> {
  const name = formatNamed(format);
  const speed = flags.speed === undefined ? null : Number(flags.speed);
  if (speed !== null && !(speed > 0 && speed < Number.POSITIVE_INFINITY)) {
    throw new Usage(`--speed ${flags.speed} is no number above 0`);
  }
  const dataDir = flags.dataDir ?? `.foresight/replay-${name}`;
  const progress = progressLine();
  const summary = await replay(name, files, {
    dataDir,
    speed,
    report: (rows, time) => progress.show(`${rows} rows, ${new Date(time).toISOString()}`),
  });
  progress.end();
  const output = { ...summary, events_per_second: Math.round(summary.sent / summary.seconds) };
  process.stdout.write(flags.json ? `${JSON.stringify(output)}\n` : told(summary, dataDir));
  if (!summary.accounting.exact) process.exitCode = 1;
}

function told({ source, accounting, sent, seconds }: ReplaySummary, dataDir: string): string {
  const { accepted, refused, bad, processed, late, rejected, duplicate, exact } = accounting;
  const { agreeing, differing, forgotten } = accounting.visitors;
  const rate = sent === 0 ? 'nothing was left to send' : `${Math.round(sent / seconds)} rows/s`;
  return [
    sourceReport(source),
    table([
      ['stored', `${accepted} accepted, ${refused} refused, ${bad} no events`],
      [
        'accepted',
        `${accepted} ${exact ? '=' : '≠'} ${processed} processed + ${late} late + ${rejected} rejected + ${duplicate} duplicate`,
      ],
      [
        'visitors',
        `${agreeing} agree with the lake, ${differing} do not, ${forgotten} have expired`,
      ],
      ['took', `${seconds.toFixed(1)} s for ${sent} rows, ${rate}`],
    ]),
    `
Train on it, then ask for scores as of its last moment:

  npm run foresight -- train propensity --model logistic --data-dir ${dataDir}
  npm start -- --data-dir ${dataDir} --no-simulator
`,
  ].join('');
}
