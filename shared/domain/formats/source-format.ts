/**
 * One event as a shop would send it to the door, under canonical field names, and in `received_at`
 * the moment at which it reached the shop. The door judges the values; a format only names them.
 */
export interface ShopEvent {
  readonly event_id: unknown;
  /** ISO 8601 UTC with milliseconds. */
  readonly received_at: string;
  readonly [field: string]: unknown;
}

/** Why a row of a file is no event. `reason` is a stable code, `field` the column or field. */
export interface RowFault {
  readonly reason: string;
  readonly field: string | null;
  readonly message: string;
}

/** A row as an event received `at` (epoch milliseconds), with codes of what is odd about it. */
interface MappedEvent {
  readonly event: ShopEvent;
  readonly at: number;
  readonly oddities: readonly string[];
}

export type MappedRow = MappedEvent | { readonly fault: RowFault };

/** The cells of one row by column name; an absent optional column is absent here too. */
export type Cells = Readonly<Record<string, string>>;

/** A table (CSV with a header). Columns beyond the named ones are ignored. */
export interface TableFormat {
  readonly syntax: 'csv';
  readonly columns: readonly string[];
  event(cells: Cells): MappedRow;
}

/** One JSON document a line. */
export interface LineFormat {
  readonly syntax: 'jsonl';
  event(line: string): MappedRow;
}

export type SourceFormat = TableFormat | LineFormat;

export function fault(reason: string, field: string | null, message: string): MappedRow {
  return { fault: { reason, field, message } };
}
