import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { validateLake } from '../local/validate-lake.ts';
import { checkWritable, writeWhole } from '../local/write-whole.ts';
import { figure, findingText, validationPage } from '../shared/domain/validation-report.ts';
import { Usage } from '../shared/errors.ts';
import type { ValidationReport } from '../shared/schemas/expectation-report.ts';
import { alignedTable } from './aligned-table.ts';
import { progressLine } from './progress.ts';

export function register(program: Command): void {
  program
    .command('data')
    .description('whether the events of the lake are fit to train on')
    .command('validate')
    .description('judge them by the expectations; exit code 1 when one of them halts')
    .option('--from <time>', 'ISO 8601; only events received since')
    .option('--to <time>', 'ISO 8601; only events received before; freshness is judged as of then')
    .option('--report <file>', 'write the report as a page (HTML)')
    .option('--json', 'print the whole report as JSON')
    .action(validate);
}

interface Flags {
  readonly from?: string;
  readonly to?: string;
  readonly report?: string;
  readonly json?: boolean;
}

async function validate(flags: Flags): Promise<void> {
  const range = { from: timeOf('--from', flags.from), to: timeOf('--to', flags.to) };
  if (flags.report !== undefined) checkWritable(flags.report);
  const progress = progressLine();
  const report = await validateLake({
    range,
    now: range.to === null ? openClock().now() : Date.parse(range.to),
    report: (lines) => progress.show(`${lines} events read`),
  });
  progress.end();
  if (flags.report !== undefined) writeWhole(flags.report, validationPage(report));
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : told(report));
  if (report.verdict === 'halt') process.exitCode = 1;
}

function timeOf(flag: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Usage(`${flag} ${text} is no ISO 8601 time`);
  return new Date(time).toISOString();
}

function told({ verdict, accepted_digest, findings, profile }: ValidationReport): string {
  const rows = findings.map(({ verdict, name, value, detail }) => [
    verdict,
    name,
    value === null ? '-' : figure(value),
    detail,
  ]);
  const wrong = findings.filter(({ advice }) => advice !== null).map(findingText);
  const compared =
    accepted_digest === null
      ? 'no accepted set before it'
      : `compared with ${accepted_digest.slice(0, 12)}`;
  return `${alignedTable([['verdict', 'expectation', 'value', 'found'], ...rows])}
${wrong.map((one) => `${one}\n`).join('')}
${verdict}: ${profile.events} events from ${profile.from ?? 'never'} to ${profile.to ?? 'never'}, ${compared}
`;
}
