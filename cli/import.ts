import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { resourceNamed } from '../local/environment.ts';
import { type ImportSummary, importEvents } from '../local/import-events.ts';
import { openLake } from '../local/lake.ts';
import { FORMAT_NAMES, formatNamed } from '../local/read-events.ts';
import { rememberingAgents } from '../shared/domain/device.ts';
import { parseKeyRing } from '../shared/domain/identity.ts';
import { dataDirectory, lockDataDirectory } from '../shared/embedded/data-directory.ts';
import { openOnlineStore } from '../shared/embedded/online-store.ts';
import { openSecretStore, provisionKeyRing } from '../shared/embedded/secret-store.ts';
import { Usage } from '../shared/errors.ts';
import { progressLine } from './progress.ts';
import { sourceReport, table } from './source-report.ts';

export function register(program: Command): void {
  program
    .command('import')
    .description('put files of events into the lake and the online features, past the door')
    .argument('<format>', [...FORMAT_NAMES, ORDER_TABLE].join(', '))
    .argument(
      '<files...>',
      `plain or .gz; several are merged by time. For ${ORDER_TABLE} the mapping of a table (docs/orders.md)`,
    )
    .option('--json', 'print the summary as JSON')
    .action(run);
}

const ORDER_TABLE = 'orders-postgres';

async function run(format: string, files: string[], flags: { json?: boolean }): Promise<void> {
  if (format === ORDER_TABLE) return importTableOf(files, flags);
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

async function importTableOf(files: string[], { json }: { json?: boolean }): Promise<void> {
  const [mapping, more] = files;
  if (mapping === undefined || more !== undefined)
    throw new Usage(`import ${ORDER_TABLE}: name one file, the mapping`);
  const { importOrderTable } = await import('../local/import-order-table.ts');
  const lock = lockDataDirectory(dataDirectory());
  const progress = progressLine();
  try {
    const summary = await importOrderTable(mapping, openClock(), (rows) =>
      progress.show(`${rows} rows`),
    );
    progress.end();
    const { rows, kept, refused, undated } = summary;
    const reasons = Object.entries(refused).map(([reason, count]) => `${reason} ${count}`);
    process.stdout.write(
      json
        ? `${JSON.stringify(summary)}\n`
        : `${rows} changed rows: ${kept} kept; refused: ${reasons.join(', ') || 'none'}; ${undated} rows without a time of change\n`,
    );
  } finally {
    progress.end();
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
