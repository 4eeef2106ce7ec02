import type { Command } from 'commander';
import { resourceNamed } from '../local/environment.ts';
import { type ImportSummary, importEvents } from '../local/import-events.ts';
import { openLake } from '../local/lake.ts';
import { FORMAT_NAMES, formatNamed } from '../local/read-events.ts';
import { rememberingAgents } from '../shared/domain/device.ts';
import { parseKeyRing } from '../shared/domain/identity.ts';
import { dataDirectory, lockDataDirectory } from '../shared/embedded/data-directory.ts';
import { openOnlineStore } from '../shared/embedded/online-store.ts';
import { openSecretStore, provisionKeyRing } from '../shared/embedded/secret-store.ts';
import { progressLine } from './progress.ts';
import { sourceReport, table } from './source-report.ts';

export function register(program: Command): void {
  program
    .command('import')
    .description('put files of events into the lake and the online features, past the door')
    .argument('<format>', FORMAT_NAMES.join(', '))
    .argument('<files...>', 'plain or .gz; several are merged by time')
    .option('--json', 'print the summary as JSON')
    .action(run);
}

async function run(format: string, files: string[], flags: { json?: boolean }): Promise<void> {
  const name = formatNamed(format);
  const lock = lockDataDirectory(dataDirectory());
  const progress = progressLine();
  const started = performance.now();
  try {
    const summary = await importEvents(name, files, {
      lake: openLake(),
      online: openOnlineStore(resourceNamed('ONLINE_TABLE')),
      rules: { keyRing: await keyRing(), agent: rememberingAgents(1000), country: () => null },
      report: (rows) => progress.show(`${rows} rows`),
    });
    progress.end();
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(
      flags.json ? `${JSON.stringify({ ...summary, seconds })}\n` : told(summary, seconds),
    );
  } finally {
    lock.release();
  }
}

async function keyRing() {
  const secret = resourceNamed('PSEUDONYM_SECRET');
  provisionKeyRing(secret);
  return parseKeyRing(await openSecretStore().read(secret));
}

function told(summary: ImportSummary, seconds: number): string {
  const { rows, bad, refused, accepted, processed, late, rejected, duplicate } = summary;
  const known = summary.files.filter(({ already_imported }) => already_imported);
  return [
    ...known.map(({ path }) => `${path} was imported before: nothing changed\n`),
    known.length < summary.files.length ? sourceReport(summary.source) : '',
    table([
      ['rows', `${rows} = ${accepted} accepted + ${refused} refused + ${bad} no events`],
      [
        'accepted',
        `${accepted} = ${processed} processed + ${late} late + ${rejected} rejected + ${duplicate} duplicate`,
      ],
      ['out of order', `${summary.out_of_order} of the processed`],
      ['took', `${seconds.toFixed(1)} s`],
    ]),
    rejectedHint(bad + refused + rejected),
  ].join('');
}

function rejectedHint(rows: number): string {
  return rows === 0 ? '' : `${rows} bad rows are kept: foresight bad-rows list\n`;
}
