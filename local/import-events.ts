import { sourceBadRow } from '../shared/domain/bad-rows.ts';
import { type FoldedEvent, foldBatch } from '../shared/domain/bulk-fold.ts';
import { takeEvent } from '../shared/domain/bulk-import.ts';
import type { EnrichmentRules } from '../shared/domain/enrich.ts';
import type { PseudonymKeyRing } from '../shared/domain/identity.ts';
import type { SourceSummary } from '../shared/domain/source-summary.ts';
import type { ObjectStore, OnlineStore } from '../shared/ports.ts';
import type { EnrichedEvent } from '../shared/schemas/event.ts';
import {
  NOTHING_IMPORTED,
  progressItem,
  readProgress,
  type StoredProgress,
} from './import-progress.ts';
import { LakeWriter } from './lake-writer.ts';
import { type FormatName, readEvents, type SourceFile, type SourceRow } from './read-events.ts';

export interface ImportPorts {
  readonly lake: ObjectStore;
  readonly online: OnlineStore;
  readonly rules: EnrichmentRules & { readonly keyRing: PseudonymKeyRing };
  /** Hears of progress now and then. */
  readonly report: (rows: number) => void;
}

export interface ImportSummary {
  readonly files: readonly (SourceFile & { readonly already_imported: boolean })[];
  /** What the files that were not imported before hold. */
  readonly source: SourceSummary;
  /** Over all files; rows = accepted + refused + bad. */
  readonly rows: number;
  readonly bad: number;
  readonly refused: number;
  /** accepted = processed + late + rejected + duplicate. */
  readonly accepted: number;
  readonly processed: number;
  readonly late: number;
  readonly rejected: number;
  readonly duplicate: number;
  readonly out_of_order: number;
}

/** Rows whose online items are written together. */
const BATCH_ROWS = 5000;
const BEGINNING_OF_TIME = '1970-01-01T00:00:00.000Z';

/**
 * Imports files into the lake and the online items, past the door and the streams but by their
 * rules. A file is imported once, by its content: again, it changes nothing; after a crash it goes
 * on where it was.
 * @throws UnreadableInput before anything is changed; WriteConflict when a platform is running
 */
export async function importEvents(
  format: FormatName,
  paths: readonly string[],
  ports: ImportPorts,
): Promise<ImportSummary> {
  const { files } = await readEvents(format, paths);
  const imports = new Map<string, StoredProgress>();
  const fresh: string[] = [];
  const listed = [];
  for (const file of files) {
    const known = imports.get(file.digest) ?? (await readProgress(ports.online, file.digest));
    const already_imported = imports.has(file.digest) || known.progress.complete;
    if (!already_imported) fresh.push(file.path);
    listed.push({ ...file, already_imported });
    imports.set(file.digest, known);
  }
  const source = await readEvents(format, fresh);
  const progress = await importRows(source.rows, imports, ports);
  return { files: listed, source: source.summary(), ...totals(progress.values()) };
}

/** A row on its way into the online items. */
interface PendingRow {
  readonly digest: string;
  /** What became of it, or the event whose fold will tell. */
  readonly outcome: 'bad' | 'refused' | 'rejected' | EnrichedEvent;
}

async function importRows(
  rows: AsyncIterable<SourceRow>,
  imports: Map<string, StoredProgress>,
  { lake, online, rules, report }: ImportPorts,
): Promise<ReadonlyMap<string, StoredProgress>> {
  const writer = new LakeWriter(lake);
  const latest = new Map<string, string>();
  const resumed = new Map([...imports].map(([digest, { progress }]) => [digest, progress.rows]));
  let batch: PendingRow[] = [];
  let seen = 0;
  for await (const row of rows) {
    const { digest } = row.file;
    if ('event' in row) latest.set(digest, row.event.received_at);
    const receivedAt = latest.get(digest) ?? BEGINNING_OF_TIME;
    const outcome = await keep(row, receivedAt, writer, rules);
    if (row.sourceRow > (resumed.get(digest) as number)) batch.push({ digest, outcome });
    if (batch.length === BATCH_ROWS) batch = await fold();
    seen++;
    if (seen % BATCH_ROWS === 0) report(seen);
  }
  await fold();
  await writer.flush();
  await foldBatch([], online, () =>
    [...imports].flatMap(([digest, { version, progress }]) =>
      progress.complete
        ? []
        : progressItem(digest, { version: version + 1, progress: { ...progress, complete: true } }),
    ),
  );
  return imports;

  async function fold(): Promise<PendingRow[]> {
    if (batch.length > 0) await foldRows(batch, imports, online);
    return [];
  }
}

/** Writes what a row gives to the lake. */
async function keep(
  row: SourceRow,
  receivedAt: string,
  lake: LakeWriter,
  rules: ImportPorts['rules'],
): Promise<PendingRow['outcome']> {
  const { digest } = row.file;
  const place = { digest, row: row.sourceRow, receivedAt };
  if ('fault' in row) {
    await lake.add('bad_rows', receivedAt, digest, sourceBadRow(place, row.fault, row.text));
    return 'bad';
  }
  const taken = takeEvent(row.event, { ...place, at: row.at }, rules);
  if ('refused' in taken) {
    const { field, reason } = taken.refused;
    const fault = { reason: 'refused', field, message: reason };
    const bad = sourceBadRow(place, fault, JSON.stringify(row.event));
    await lake.add('bad_rows', receivedAt, digest, bad);
    return 'refused';
  }
  await lake.add('raw_events', receivedAt, digest, taken.raw);
  if ('bad' in taken.enrichment) {
    await lake.add('bad_rows', receivedAt, digest, taken.enrichment.bad);
    return 'rejected';
  }
  await lake.add('enriched_events', receivedAt, digest, taken.enrichment.enriched);
  return taken.enrichment.enriched;
}

/** Folds a batch and notes in the same transaction how far its files are. */
async function foldRows(
  batch: readonly PendingRow[],
  imports: Map<string, StoredProgress>,
  online: OnlineStore,
): Promise<void> {
  const events = batch.flatMap(({ outcome }) => (typeof outcome === 'string' ? [] : [outcome]));
  const after = new Map<string, StoredProgress>();
  await foldBatch(events, online, (folded) => {
    const dispositions = folded.values();
    for (const { digest, outcome } of batch) {
      const { version, progress } = after.get(digest) ?? startOf(digest);
      progress.rows++;
      if (typeof outcome === 'string') progress[outcome]++;
      else {
        const { disposition, outOfOrder } = dispositions.next().value as FoldedEvent;
        progress[disposition]++;
        if (outOfOrder) progress.out_of_order++;
      }
      after.set(digest, { version, progress });
    }
    return [...after].map(([digest, stored]) => progressItem(digest, stored));
  });
  for (const [digest, stored] of after) imports.set(digest, stored);

  function startOf(digest: string): StoredProgress {
    const { version, progress } = imports.get(digest) as StoredProgress;
    return { version: version + 1, progress: { ...progress } };
  }
}

function totals(imports: Iterable<StoredProgress>) {
  const total = { ...NOTHING_IMPORTED };
  for (const { progress } of imports) {
    for (const name of COUNTED) total[name] += progress[name];
  }
  const { complete: _, ...counts } = total;
  return { ...counts, accepted: counts.rows - counts.bad - counts.refused };
}

const COUNTED = [
  'rows',
  'bad',
  'refused',
  'processed',
  'late',
  'rejected',
  'duplicate',
  'out_of_order',
] as const;
