import {
  fault,
  type LineFormat,
  type MappedRow,
  type SourceFormat,
  type TableFormat,
} from '../shared/domain/formats/source-format.ts';
import { UnreadableInput } from '../shared/errors.ts';
import { MAX_LINE_LENGTH, readLines } from './read-lines.ts';
import { type CsvRecord, readRecords } from './read-records.ts';

/** A row of a file, 1-based and without the header, as an event or with the fault it has. */
export interface TextRow {
  readonly sourceRow: number;
  /** The row as it stands in the file; of an overlong one the beginning. */
  readonly text: string;
  readonly mapped: MappedRow;
  /** False for a last row without a line break: it is whole, or cut where nobody can see it. */
  readonly terminated: boolean;
}

/**
 * The rows of one file in file order. Blank lines are no rows.
 * @throws UnreadableInput when the header lacks a column or the file is of another format
 */
export function readRows(path: string, format: SourceFormat): AsyncGenerator<TextRow> {
  return format.syntax === 'csv' ? tableRows(path, format) : lineRows(path, format);
}

const OVERLONG = fault('row_too_long', null, `the row has over ${MAX_LINE_LENGTH} characters`);
const UNQUOTED = fault('invalid_quotes', null, 'a quote is not closed or stands inside a cell');

async function* lineRows(path: string, format: LineFormat): AsyncGenerator<TextRow> {
  let sourceRow = 0;
  for await (const { text, overlong, terminated } of readLines(path)) {
    if (text.trim() === '' && !overlong) continue;
    if (sourceRow === 0 && !text.trimStart().startsWith('{')) {
      throw new UnreadableInput(
        `${path} holds no JSON lines: its first line begins with ${excerpt(text)}`,
      );
    }
    sourceRow++;
    yield { sourceRow, text, mapped: overlong ? OVERLONG : format.event(text), terminated };
  }
}

async function* tableRows(path: string, format: TableFormat): AsyncGenerator<TextRow> {
  let columns: readonly string[] | null = null;
  let sourceRow = 0;
  for await (const record of readRecords(readLines(path))) {
    if (columns === null) {
      columns = headerOf(path, record, format);
      continue;
    }
    sourceRow++;
    const mapped = mappedRecord(record, columns, format);
    yield { sourceRow, text: record.text, mapped, terminated: record.terminated };
  }
  if (columns === null) throw new UnreadableInput(`${path} holds blank lines only`);
}

function headerOf(path: string, header: CsvRecord, format: TableFormat): readonly string[] {
  const names = (header.cells ?? []).map((name) => name.trim());
  const missing = format.columns.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new UnreadableInput(
      `${path} has no column ${missing.join(', ')}: its first line is ${excerpt(header.text)}`,
    );
  }
  return names;
}

function mappedRecord(
  record: CsvRecord,
  columns: readonly string[],
  format: TableFormat,
): MappedRow {
  if (record.overlong) return OVERLONG;
  const { cells } = record;
  if (cells === null) return UNQUOTED;
  if (cells.length !== columns.length) {
    return fault('column_count', null, `${cells.length} cells for ${columns.length} columns`);
  }
  const named: Record<string, string> = {};
  for (const [index, column] of columns.entries()) named[column] = cells[index] as string;
  return format.event(named);
}

const EXCERPT_LENGTH = 120;

function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, EXCERPT_LENGTH));
}
