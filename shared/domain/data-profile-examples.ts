import type { Example } from '../schemas/data-profile.ts';

const KEPT = 3;

/** The three examples with the smallest ids: the same ones whatever order they came in. */
export class Examples {
  readonly #kept: Example[] = [];

  add(day: string, id: string): void {
    const last = this.#kept[KEPT - 1];
    if (last !== undefined && id >= last.id) return;
    if (this.#kept.some((one) => one.id === id)) return;
    this.#kept.push({ day, id });
    this.#kept.sort((left, right) => (left.id < right.id ? -1 : 1));
    this.#kept.length = Math.min(this.#kept.length, KEPT);
  }

  merge(other: Examples): void {
    for (const { day, id } of other.#kept) this.add(day, id);
  }

  list(): Example[] {
    return [...this.#kept];
  }
}
