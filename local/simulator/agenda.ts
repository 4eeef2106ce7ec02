/** Something due at `at`, epoch milliseconds. */
export interface Appointment {
  at: number;
}

/**
 * A binary heap of appointments, soonest first; of equal times the one entered first. An entry may
 * be entered again, with another time, after it was taken.
 */
export class Agenda<Entry extends Appointment> {
  readonly #entries: Entry[] = [];
  readonly #ranks: number[] = [];
  #entered = 0;

  enter(entry: Entry): void {
    const entries = this.#entries;
    const ranks = this.#ranks;
    const rank = this.#entered++;
    let hole = entries.length;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = entries[parent] as Entry;
      if (above.at <= entry.at) break;
      entries[hole] = above;
      ranks[hole] = ranks[parent] as number;
      hole = parent;
    }
    entries[hole] = entry;
    ranks[hole] = rank;
  }

  /** The soonest entry, or undefined when none is left. */
  take(): Entry | undefined {
    const soonest = this.#entries[0];
    const last = this.#entries.pop();
    const rank = this.#ranks.pop() as number;
    if (last !== undefined && this.#entries.length > 0) this.#sink(last, rank);
    return soonest;
  }

  #sink(entry: Entry, rank: number): void {
    const entries = this.#entries;
    const ranks = this.#ranks;
    const { length } = entries;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#sooner(child + 1, entries[child] as Entry, ranks[child])) {
        child++;
      }
      if (!this.#sooner(child, entry, rank)) break;
      entries[hole] = entries[child] as Entry;
      ranks[hole] = ranks[child] as number;
      hole = child;
    }
    entries[hole] = entry;
    ranks[hole] = rank;
  }

  #sooner(index: number, than: Entry, rank: number | undefined): boolean {
    const { at } = this.#entries[index] as Entry;
    return at < than.at || (at === than.at && (this.#ranks[index] as number) < (rank as number));
  }
}
