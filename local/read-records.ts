import { parse } from 'csv-parse/sync';
import { type Line, MAX_LINE_LENGTH } from './read-lines.ts';

/** One record of a CSV file: its cells, or null where the quotes do not add up. */
export interface CsvRecord {
  readonly text: string;
  readonly cells: readonly string[] | null;
  readonly overlong: boolean;
  readonly terminated: boolean;
}

/**
 * The records of a CSV file (RFC 4180), the header first; blank lines are none. A quoted cell may
 * hold line breaks. A stray quote costs one line and no more: what would swallow the lines after it
 * without making a whole record is taken back.
 */
export async function* readRecords(lines: AsyncGenerator<Line>): AsyncGenerator<CsvRecord> {
  const waiting: Line[] = [];
  let columns: number | null = null;
  try {
    for (let line = await next(); line !== null; line = await next()) {
      if (line.text.trim() === '' && !line.overlong) continue;
      const record = line.text.includes('"') ? await quoted(line) : plain(line);
      columns ??= record.cells?.length ?? null;
      yield record;
    }
  } finally {
    await lines.return(undefined);
  }

  async function next(): Promise<Line | null> {
    const line = waiting.shift();
    if (line !== undefined) return line;
    const read = await lines.next();
    return read.done ? null : read.value;
  }

  async function quoted(first: Line): Promise<CsvRecord> {
    let { text, terminated } = first;
    const taken: Line[] = [];
    while (quotes(text) % 2 === 1 && text.length <= MAX_LINE_LENGTH) {
      const line = await next();
      if (line === null) break;
      taken.push(line);
      text = `${text}\n${line.text}`;
      terminated = line.terminated;
    }
    const cells = first.overlong ? null : cellsOf(text);
    if (taken.length === 0) return { text, cells, overlong: first.overlong, terminated };
    if (cells !== null && (columns === null || cells.length === columns)) {
      return { text, cells, overlong: false, terminated };
    }
    waiting.unshift(...taken);
    return { ...first, cells: null };
  }
}

function plain(line: Line): CsvRecord {
  return { ...line, cells: line.overlong ? null : line.text.split(',') };
}

function quotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
}

function cellsOf(text: string): readonly string[] | null {
  try {
    const records: string[][] = parse(text, { relax_column_count: true });
    return records.length === 1 ? (records[0] ?? null) : null;
  } catch {
    return null; // the caller keeps the line as a row with a fault
  }
}
