import { BAD_ROW_REPLAYS } from '../shared/domain/bad-rows.ts';
import type { ObjectStore } from '../shared/ports.ts';
import { type BadRow, badRow, badRowReplay } from '../shared/schemas/bad-row.ts';
import { lakeLines } from './lake-lines.ts';

const BAD_ROWS = 'bronze/bad_rows/';

export interface FoundBadRow {
  readonly row: BadRow;
  /** Its raw record was put to the stream again; rejected once more, it is another bad row. */
  readonly replayed: boolean;
}

/** The distinct bad rows of the lake, by the day they were delivered. */
export async function* findBadRows(lake: ObjectStore): AsyncGenerator<FoundBadRow> {
  const replayed = new Set<string>();
  for await (const line of lakeLines(lake, BAD_ROW_REPLAYS)) {
    replayed.add(badRowReplay.parse(JSON.parse(line)).bad_row_id);
  }
  const seen = new Set<string>();
  for await (const line of lakeLines(lake, BAD_ROWS)) {
    const row = badRow.parse(JSON.parse(line));
    if (seen.has(row.bad_row_id)) continue;
    seen.add(row.bad_row_id);
    yield { row, replayed: replayed.has(row.bad_row_id) };
  }
}
