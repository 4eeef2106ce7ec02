import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { apiOf, numberOf } from '../local/operate/flags.ts';
import { load, lostVisitors } from '../local/operate/load.ts';
import { type Latency, type LoadReport, missedBy } from '../local/operate/load-report.ts';
import type { LoadMix } from '../local/operate/load-traffic.ts';
import { Usage } from '../shared/errors.ts';
import { progressLine } from './progress.ts';

export function register(program: Command): void {
  program
    .command('load')
    .description(
      'requests at a fixed rate, and how long their answers take; ends with 1 where a threshold is missed',
    )
    .requiredOption('--url <address>', 'of the API')
    .option('--key <key>', 'with scopes collect and score; better in FORESIGHT_API_KEY')
    .requiredOption('--rps <n>', 'requests a second, sent when due')
    .option('--seconds <n>', 'that count, after two that do not', '30')
    .option('--mix <scores:events>', 'requests for scores to requests with ten events', '10:1')
    .option('--p99 <ms>', 'fail where the 99th percentile is over this')
    .option('--errors <share>', 'fail where a greater share of requests does', '0')
    .option('--within <seconds>', 'how soon scores must know every visitor, 0 not to ask', '30')
    .option('--json', 'one JSON document')
    .action(run);
}

interface Flags {
  readonly url: string;
  readonly key?: string;
  readonly rps: string;
  readonly seconds: string;
  readonly mix: string;
  readonly p99?: string;
  readonly errors: string;
  readonly within: string;
  readonly json?: boolean;
}

const WARM_UP_SECONDS = 2;

async function run(flags: Flags): Promise<void> {
  const api = apiOf(flags);
  const perSecond = numberOf('--rps', flags.rps, (n) => n > 0 && n <= 10_000);
  const seconds = numberOf('--seconds', flags.seconds, (n) => n >= 1 && n <= 86_400);
  const within = numberOf('--within', flags.within, (n) => n >= 0 && n <= 3600);
  const isPositive = (n: number) => n > 0;
  const thresholds = {
    p99: flags.p99 === undefined ? null : numberOf('--p99', flags.p99, isPositive),
    errors: numberOf('--errors', flags.errors, (n) => n >= 0 && n <= 1),
  };
  const progress = progressLine();
  const order = {
    api,
    perSecond,
    seconds,
    warmUpSeconds: WARM_UP_SECONDS,
    mix: mixOf(flags.mix),
    run: randomUUID().slice(0, 8),
  };
  const { report, visitors, eventsAccepted } = await load(order, (sent) =>
    progress.show(`${Math.round(sent)} of ${seconds} s`),
  ).finally(() => progress.end());
  const lost = within === 0 ? null : await lostVisitors(api, visitors, { withinMs: within * 1000 });
  const missed = missedBy(report, lost, thresholds);
  const document = {
    url: api.url,
    ...report,
    visitors: visitors.size,
    events_accepted: eventsAccepted,
    lost_visitors: lost,
    missed,
  };
  process.stdout.write(flags.json ? `${JSON.stringify(document)}\n` : told(report, document));
  if (missed.length > 0) process.exitCode = 1;
}

function told(
  report: LoadReport,
  {
    visitors,
    lost_visitors,
    events_accepted,
    missed,
  }: {
    visitors: number;
    lost_visitors: number | null;
    events_accepted: number;
    missed: readonly string[];
  },
): string {
  const errors = Object.entries(report.errors).map(([what, count]) => `${count} × ${what}`);
  const line = (name: string, { p50, p90, p99, p999, slowest }: Latency) =>
    `${name.padEnd(10)}${[p50, p90, p99, p999, slowest].map((ms) => ms.toFixed(1).padStart(10)).join('')}`;
  return [
    `${report.requests} requests in ${report.seconds.toFixed(1)} s, ${report.rate.toFixed(0)}/s answered`,
    '',
    `${'ms'.padEnd(10)}${['p50', 'p90', 'p99', 'p99.9', 'slowest'].map((name) => name.padStart(10)).join('')}`,
    line('all', report.latency),
    ...Object.entries(report.latency_of).map(([kind, latency]) => line(kind, latency)),
    '',
    `errors: ${errors.length === 0 ? 'none' : errors.join(', ')}; degraded scores: ${report.degraded}`,
    `${events_accepted} events accepted of ${visitors} visitors${lost_visitors === null ? '' : `, ${lost_visitors} of them unknown to the scores`}`,
    ...missed.map((miss) => `MISSED: ${miss}`),
    '',
  ].join('\n');
}

function mixOf(text: string): LoadMix {
  const [, scores, events] = /^(\d{1,4}):(\d{1,4})$/.exec(text) ?? [];
  const mix = { scores: Number(scores), events: Number(events) };
  if (!(mix.scores + mix.events > 0)) throw new Usage(`--mix ${text} is no pair such as 10:1`);
  return mix;
}
