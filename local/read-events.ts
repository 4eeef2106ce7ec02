import { canonical } from '../shared/domain/formats/canonical.ts';
import { rees46 } from '../shared/domain/formats/rees46.ts';
import { retailrocket } from '../shared/domain/formats/retailrocket.ts';
import type { RowFault, ShopEvent, SourceFormat } from '../shared/domain/formats/source-format.ts';
import { type SourceSummary, summariseSource } from '../shared/domain/source-summary.ts';
import { Usage } from '../shared/errors.ts';
import { contentDigest } from './read-lines.ts';
import { readRows, type TextRow } from './read-rows.ts';

const FORMATS = { retailrocket, rees46, canonical } satisfies Record<string, SourceFormat>;
export type FormatName = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];

/** @throws Usage for a name that is no format */
export function formatNamed(name: string): FormatName {
  if (Object.hasOwn(FORMATS, name)) return name as FormatName;
  throw new Usage(`${JSON.stringify(name)} is no format: use ${FORMAT_NAMES.join(', ')}`);
}

interface Located {
  readonly file: SourceFile;
  /** 1-based data row of the file; the header and blank lines are none. */
  readonly sourceRow: number;
}

/** A row as the event that a shop would send, received `at` (epoch milliseconds). */
export interface EventRow extends Located {
  readonly event: ShopEvent;
  readonly at: number;
}

/** A row that is no event, as it stands in the file. */
interface FaultyRow extends Located {
  readonly fault: RowFault;
  readonly text: string;
}

export type SourceRow = EventRow | FaultyRow;

export interface SourceFile {
  readonly path: string;
  /** Hex SHA-256 of the uncompressed content. */
  readonly digest: string;
}

export interface EventSource {
  readonly files: readonly SourceFile[];
  /** To be read once. */
  readonly rows: AsyncIterable<SourceRow>;
  /** Of the rows read so far. */
  summary(): SourceSummary;
}

/**
 * Opens files of a format as one source of events. One file keeps its order; several are merged by
 * time, each keeping its own order, the earlier named first where times are equal. Every file is
 * read through once before this returns, so that a damaged one is refused before anything is taken.
 * @throws UnreadableInput for a file that is absent, empty, cut off, or of another format
 */
export async function readEvents(
  format: FormatName,
  paths: readonly string[],
): Promise<EventSource> {
  const files: SourceFile[] = [];
  for (const path of paths) {
    files.push({ path, digest: await contentDigest(path) });
    const rows = readRows(path, FORMATS[format]);
    await rows.next(); // judges the header
    await rows.return(undefined);
  }
  const { add, summary } = summariseSource();
  const readers = files.map((file) => ({ file, rows: readRows(file.path, FORMATS[format]) }));
  return { files, rows: merged(readers, add), summary };
}

interface Reader {
  readonly file: SourceFile;
  readonly rows: AsyncGenerator<TextRow>;
}

async function* merged(
  readers: readonly Reader[],
  count: ReturnType<typeof summariseSource>['add'],
): AsyncGenerator<SourceRow> {
  try {
    const heads = await Promise.all(readers.map(({ rows }) => headOf(rows)));
    for (let next = earliestOf(heads); next !== null; next = earliestOf(heads)) {
      const { file, rows } = readers[next] as Reader;
      const { sourceRow, text, mapped, terminated } = heads[next] as TextRow;
      count(mapped, terminated ? [] : ['last_line_without_break']);
      yield 'fault' in mapped
        ? { file, sourceRow, text, fault: mapped.fault }
        : { file, sourceRow, event: mapped.event, at: mapped.at };
      heads[next] = await headOf(rows);
    }
  } finally {
    for (const { rows } of readers) await rows.return(undefined);
  }
}

async function headOf(rows: AsyncGenerator<TextRow>): Promise<TextRow | null> {
  const { value, done } = await rows.next();
  return done ? null : value;
}

/** A row without a time holds no file up: it comes as soon as it heads its file. */
function earliestOf(heads: readonly (TextRow | null)[]): number | null {
  let earliest: number | null = null;
  let time = Number.POSITIVE_INFINITY;
  for (const [index, head] of heads.entries()) {
    if (head === null) continue;
    const at = 'fault' in head.mapped ? Number.NEGATIVE_INFINITY : head.mapped.at;
    if (earliest === null || at < time) {
      earliest = index;
      time = at;
    }
  }
  return earliest;
}
