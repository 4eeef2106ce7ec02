import type { MappedLine, OrderLine } from './order-line.ts';

export interface Order {
  /** Of its first line, epoch milliseconds. */
  readonly at: number;
  /** Of its product lines, before cancellations. */
  readonly value: number;
  /** Number of each product line's product, with repeats; empty for an order of fees alone. */
  readonly products: readonly number[];
  readonly units: number;
  /** What was taken back of it, and when. */
  readonly cancelled: readonly Cancellation[];
}

export interface Cancellation {
  readonly at: number;
  readonly value: number;
}

export interface Customer {
  readonly id: string;
  readonly country: string | null;
  /** By time; not empty. */
  readonly orders: readonly Order[];
  /** All cancellations of products, by time, whether or not their purchase is known. */
  readonly cancellations: readonly Cancellation[];
  /** From the clickstream; absent where there is none. */
  readonly activity?: CustomerActivity;
}

/** Times, epoch milliseconds, ascending. */
export interface CustomerActivity {
  readonly sessions: readonly number[];
  readonly carts: readonly number[];
}

/** What became of the rows of the files. */
export interface ImportCounts {
  rows: number;
  /** Lines of purchases kept. */
  purchases: number;
  /** Of them, lines that are no products: their customers are known, their value counts nothing. */
  no_product: number;
  /** Cancellations of products whose purchase is known, and of those where it is not. */
  cancellations_matched: number;
  cancellations_unmatched: number;
  /** Rows that an earlier file has too. */
  merged: number;
  /** By reason. */
  dropped: Record<string, number>;
}

export interface OrderBook {
  /** Sorted by id. */
  readonly customers: readonly Customer[];
  readonly counts: Readonly<ImportCounts>;
  /** Time of the first and last line kept, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

/**
 * Collects lines of one or several files. A row that stands n times in one file and m times in
 * another counts max(n, m) times: repeats within a file are genuine, overlaps of files are not.
 */
export class OrderCollector {
  readonly #counts = noLines();
  readonly #lines: OrderLine[] = [];
  readonly #seen = new Map<string, { all: number; here: number; file: number }>();
  readonly #overlaps: boolean;
  readonly #now: number;
  #file = 0;

  /**
   * @param options.files how many there are: one alone has no overlap
   * @param options.now epoch milliseconds; what is dated later is dropped
   */
  constructor({ files, now }: { readonly files: number; readonly now: number }) {
    this.#overlaps = files > 1;
    this.#now = now;
  }

  startFile(): void {
    this.#file++;
  }

  add(mapped: MappedLine): void {
    this.#counts.rows++;
    if ('dropped' in mapped) this.#drop(mapped.dropped);
    else if (mapped.at > this.#now) this.#drop('date_in_the_future');
    else if (this.#overlaps && this.#isMerged(mapped)) this.#counts.merged++;
    else this.#lines.push(mapped);
  }

  #drop(reason: string): void {
    this.#counts.dropped[reason] = (this.#counts.dropped[reason] ?? 0) + 1;
  }

  #isMerged({ customer, order, at, product, quantity, value }: OrderLine): boolean {
    const key = `${customer}|${order}|${at}|${product}|${quantity}|${value}`;
    const seen = this.#seen.get(key) ?? { all: 0, here: 0, file: this.#file };
    if (seen.file !== this.#file) {
      seen.file = this.#file;
      seen.here = 0;
    }
    seen.here++;
    this.#seen.set(key, seen);
    if (seen.here <= seen.all) return true;
    seen.all = seen.here;
    return false;
  }

  /** The customers who bought. Those with cancellations alone are counted as dropped. */
  finish(): OrderBook {
    const draft = new OrderBookDraft(this.#counts);
    for (const line of this.#lines.sort((one, other) => one.at - other.at)) draft.add(line);
    return draft.finish();
  }
}

export function noLines(): ImportCounts {
  return {
    rows: 0,
    purchases: 0,
    no_product: 0,
    cancellations_matched: 0,
    cancellations_unmatched: 0,
    merged: 0,
    dropped: {},
  };
}

/** Makes orders of clean lines, which come by time within each customer. */
export class OrderBookDraft {
  readonly #counts: ImportCounts;
  readonly #products = new Map<string, number>();
  readonly #drafts = new Map<string, CustomerDraft>();
  #latest: CustomerDraft | null = null;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  /** @param counts of the rows so far: what becomes of the lines is added */
  constructor(counts: ImportCounts) {
    this.#counts = counts;
  }

  add(line: OrderLine): void {
    const counts = this.#counts;
    if (line.at < this.#from) this.#from = line.at;
    if (line.at > this.#to) this.#to = line.at;
    const draft = this.#draftOf(line);
    if (line.cancels) {
      if (line.product === null) this.#drop('cancellation_of_no_product');
      else if (draft.cancel(line)) counts.cancellations_matched++;
      else counts.cancellations_unmatched++;
      return;
    }
    counts.purchases++;
    if (line.product === null) counts.no_product++;
    else if (!this.#products.has(line.product))
      this.#products.set(line.product, this.#products.size);
    draft.buy(line, line.product === null ? null : (this.#products.get(line.product) as number));
  }

  #draftOf({ customer, country }: OrderLine): CustomerDraft {
    if (this.#latest?.id === customer) return this.#latest;
    const draft = this.#drafts.get(customer) ?? new CustomerDraft(customer, country);
    this.#drafts.set(customer, draft);
    this.#latest = draft;
    return draft;
  }

  #drop(reason: string): void {
    this.#counts.dropped[reason] = (this.#counts.dropped[reason] ?? 0) + 1;
  }

  /** The customers who bought. Those with cancellations alone are counted as dropped. */
  finish(): OrderBook {
    const customers = [...this.#drafts.values()]
      .filter((draft) => {
        if (draft.orders.size === 0) this.#drop('customer_of_cancellations_alone');
        return draft.orders.size > 0;
      })
      .map((draft) => draft.finish())
      .sort((one, other) => (one.id < other.id ? -1 : 1));
    const isEmpty = this.#drafts.size === 0;
    return {
      customers,
      counts: this.#counts,
      from: isEmpty ? Number.NaN : this.#from,
      to: isEmpty ? Number.NaN : this.#to,
    };
  }
}

interface OrderDraft {
  at: number;
  value: number;
  units: number;
  products: number[];
  cancelled: Cancellation[];
}

/** A purchased line of which `left` has not been taken back. */
interface OpenLine {
  readonly order: OrderDraft;
  left: number;
}

class CustomerDraft {
  readonly orders = new Map<string, OrderDraft>();
  readonly id: string;
  readonly #country: string | null;
  readonly #cancellations: Cancellation[] = [];
  readonly #open = new Map<string, OpenLine[]>();

  constructor(id: string, country: string | null) {
    this.id = id;
    this.#country = country;
  }

  buy(line: OrderLine, product: number | null): void {
    let order = this.orders.get(line.order);
    if (order === undefined) {
      order = { at: line.at, value: 0, units: 0, products: [], cancelled: [] };
      this.orders.set(line.order, order);
    }
    if (product === null || line.product === null) return;
    order.value += line.value;
    order.units += line.quantity;
    order.products.push(product);
    const open = this.#open.get(line.product) ?? [];
    open.push({ order, left: line.quantity });
    this.#open.set(line.product, open);
  }

  /** Takes it back from the latest purchases of that product. @returns whether there was one */
  cancel({ at, product, quantity, value }: OrderLine): boolean {
    this.#cancellations.push({ at, value });
    const open = this.#open.get(product as string) ?? [];
    let left = quantity;
    for (let latest = open.at(-1); latest !== undefined && left > 0; latest = open.at(-1)) {
      const taken = Math.min(left, latest.left);
      latest.order.cancelled.push({ at, value: (value * taken) / quantity });
      latest.left -= taken;
      left -= taken;
      if (latest.left <= 0) open.pop();
    }
    return left < quantity;
  }

  finish(): Customer {
    return {
      id: this.id,
      country: this.#country,
      orders: [...this.orders.values()],
      cancellations: this.#cancellations,
    };
  }
}
