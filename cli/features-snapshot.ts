import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { openOnlineStore } from '#adapters/online-store';
import { resourceNamed } from '../local/environment.ts';
import { lakeFolder, openLake } from '../local/lake.ts';
import { batchRows, makeSnapshot, type SnapshotFile } from '../local/offline-store.ts';
import { refreshSilver, type SilverSummary } from '../local/silver.ts';
import { openTrinoOnDuckdb } from '../local/trino-on-duckdb.ts';
import { type LoadSummary, loadSnapshot, noteLoaded } from '../shared/domain/feature-snapshot.ts';
import { assumedVisibleFrom, markSnapshot } from '../shared/domain/snapshot-mark.ts';
import { keepRows } from '../shared/domain/snapshot-rows.ts';
import { dataDirectory } from '../shared/embedded/data-directory.ts';
import { StoreUnavailable, Usage } from '../shared/errors.ts';
import { DAY_MS } from '../shared/features/day-tiles.ts';
import { SNAPSHOT_VIEWS } from '../shared/features/trino-tables.ts';
import { trinoView } from '../shared/features/trino-view.ts';
import type { SnapshotMark } from '../shared/schemas/snapshot-mark.ts';
import { progressLine } from './progress.ts';

type Kind = keyof typeof SNAPSHOT_VIEWS;

export function registerSnapshot(features: Command): void {
  features
    .command('snapshot')
    .description('the features of every user and product as of a midnight, kept in the lake')
    .option('--date <day>', 'as of its midnight UTC, YYYY-MM-DD: what was received before it')
    .option('--from <day>', 'with --to: one a day')
    .option('--to <day>', 'the last one')
    .option('--load', 'write the batch features of the last one to the online items')
    .option('--json', 'print the summary as JSON')
    .action(snapshot);
  features
    .command('sql')
    .description('the query that makes a snapshot, as Athena and DuckDB run it')
    .argument('<view>', Object.keys(SNAPSHOT_VIEWS).join(' or '))
    .requiredOption('--date <day>', 'as of its midnight UTC, YYYY-MM-DD')
    .action((name: string, flags: { readonly date: string }) => {
      if (name !== 'user' && name !== 'product')
        throw new Usage(
          `${name} has no snapshots: use ${Object.keys(SNAPSHOT_VIEWS).join(' or ')}`,
        );
      process.stdout.write(trinoView(SNAPSHOT_VIEWS[name], asOf(dateOf('--date', flags.date))));
    });
}

interface Flags {
  readonly date?: string;
  readonly from?: string;
  readonly to?: string;
  readonly load?: boolean;
  readonly json?: boolean;
}

interface Summary {
  readonly silver: SilverSummary;
  readonly snapshots: readonly SnapshotFile[];
  /** Null where nothing was to be loaded. */
  readonly loaded: Readonly<Record<Kind, LoadSummary>> | null;
  readonly seconds: number;
}

async function snapshot(flags: Flags): Promise<void> {
  const dates = datesOf(flags);
  const last = dates.at(-1) as number;
  if (last > openClock().now())
    throw new Usage(`${dayOf(last)} has not begun: what comes until then would be missing`);
  const started = performance.now();
  const lake = lakeFolder();
  const scratch = join(dataDirectory().path, 'unfinished');
  mkdirSync(scratch, { recursive: true });
  const progress = progressLine();
  const { connection, close } = await openTrinoOnDuckdb(scratch);
  try {
    const silver = await refreshSilver(connection, lake, last, (day) =>
      progress.show(`events of ${day}`),
    );
    const snapshots: SnapshotFile[] = [];
    for (const date of dates)
      for (const view of Object.values(SNAPSHOT_VIEWS)) {
        progress.show(`${view.entity} features as of ${dayOf(date)}`);
        const made = await makeSnapshot(connection, lake, view, asOf(date));
        snapshots.push(made);
        await keepRows(openLake(), made, batchRows(connection, lake, view, made.date));
        await mark(made, assumedVisibleFrom(date), 'assumed');
      }
    const load = async (entity: Kind) => {
      const snapshot = { entity, date: dayOf(last) };
      const rows = batchRows(connection, lake, SNAPSHOT_VIEWS[entity], snapshot.date);
      const store = openOnlineStore(resourceNamed('ONLINE_TABLE'));
      const summary = await loadSnapshot(snapshot, rows, store, RETRY, (count) =>
        progress.show(`${count} ${entity}s loaded`),
      );
      if (summary.failed > 0) return summary;
      await noteLoaded(snapshot, store, RETRY);
      await mark(snapshot, openClock().now(), 'load');
      return summary;
    };
    const loaded = flags.load ? { user: await load('user'), product: await load('product') } : null;
    progress.end();
    const seconds = (performance.now() - started) / 1000;
    const summary = { silver, snapshots, loaded, seconds };
    process.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : told(summary));
    refuseHalf(loaded);
  } finally {
    close();
  }
}

const RETRY = { attempts: 5, baseDelay: 50, random: Math.random, sleep };

async function mark(
  { entity, date }: Pick<SnapshotFile, 'entity' | 'date'>,
  validFrom: number,
  source: SnapshotMark['source'],
): Promise<void> {
  await markSnapshot(openLake(), { entity, date, valid_from: validFrom, source });
}

function asOf(date: number) {
  return { date, timeZone: resourceNamed('SHOP_TIME_ZONE') };
}

function datesOf({ date, from, to }: Flags): readonly number[] {
  if (date !== undefined && from === undefined && to === undefined) return [dateOf('--date', date)];
  if (date !== undefined || from === undefined || to === undefined)
    throw new Usage('use either --date, or --from and --to');
  const [first, last] = [dateOf('--from', from), dateOf('--to', to)];
  if (first > last) throw new Usage(`--from ${from} is after --to ${to}`);
  return Array.from({ length: (last - first) / DAY_MS + 1 }, (_, day) => first + day * DAY_MS);
}

function dateOf(flag: string, text: string): number {
  const date = Date.parse(`${text}T00:00:00.000Z`);
  if (Number.isNaN(date) || dayOf(date) !== text)
    throw new Usage(`${flag} ${text} is no day: use YYYY-MM-DD`);
  return date;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function refuseHalf(loaded: Summary['loaded']): void {
  const failed = loaded === null ? 0 : loaded.user.failed + loaded.product.failed;
  if (failed > 0)
    throw new StoreUnavailable(
      `${failed} items were not written: run the same command again, it goes on where this ended`,
    );
}

function told({ silver, snapshots, loaded, seconds }: Summary): string {
  const { days, made, lines, events, bots, duplicates, missing_days: missing } = silver;
  return [
    `${days} days of events, ${made} made anew${made === 0 ? '' : `: ${lines} lines = ${events} events + ${bots} of bots + ${duplicates} duplicates`}\n`,
    missing.length === 0 ? '' : `no events were received on ${missing.join(', ')}\n`,
    ...snapshots.map(
      ({ entity, date, rows, sha256 }) =>
        `${entity} features as of ${date}: ${rows} rows, sha256 ${sha256.slice(0, 12)}\n`,
    ),
    ...Object.entries(loaded ?? {}).map(
      ([kind, { rows, written, unchanged, unknown, failed }]) =>
        `loaded ${rows} ${kind}s: ${written} written, ${unchanged} as they were, ${unknown} not known online, ${failed} failed\n`,
    ),
    `${seconds.toFixed(1)} s\n`,
  ].join('');
}
