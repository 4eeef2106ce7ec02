/** One line of an order, or of a cancellation, by an identified customer. */
export interface OrderLine {
  readonly customer: string;
  readonly order: string;
  /** Epoch milliseconds; a file's local times are taken as they stand. */
  readonly at: number;
  /** What was bought; null where the line is no product (postage, fees, vouchers). */
  readonly product: string | null;
  /** Above 0, for cancellations too. */
  readonly quantity: number;
  /** In the file's currency, above or equal 0, for cancellations too. */
  readonly value: number;
  readonly cancels: boolean;
  readonly country: string | null;
}

/** A row of a file as a line, or the reason (a stable code) why it is none. */
export type MappedLine = OrderLine | { readonly dropped: string };

/** How rows of a file become lines. */
export interface OrderFormat {
  /** Names of each column in the order of `line`'s cells; several where files differ. */
  readonly columns: readonly (readonly string[])[];
  /** Columns that may be absent; their cells are then empty. */
  readonly optional?: readonly (readonly string[])[];
  /** @param cells of the columns, then of the optional ones */
  readonly line: (cells: readonly string[]) => MappedLine;
}
