import { hash53 } from '../features/hash.ts';

const HASHES = 2 ** 53;

/**
 * What is known of the distinct keys with the smallest hashes: of all of them while they are few,
 * else of a uniform sample. Which keys are kept depends on the keys alone, so that samples of parts
 * merge to the sample of the whole, and two samples know the same keys.
 *
 * Source: bottom-k sketches, Cohen & Kaplan (2007); the estimate is that of Bar-Yossef et al. (2002).
 */
export class HashSample<Value> {
  readonly #capacity: number;
  #values = new Map<string, { readonly hash: number; readonly value: Value }>();
  /** Keys with this hash or a greater one are out. */
  #limit = HASHES;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @returns the key's value, a new one if it has none yet, or null where it is not sampled */
  at(key: string, make: () => Value): Value | null {
    const known = this.#values.get(key);
    if (known !== undefined) return known.value;
    const hash = hash53(key);
    if (hash >= this.#limit) return null;
    const value = make();
    this.#values.set(key, { hash, value });
    if (this.#values.size > 2 * this.#capacity) this.#shrink();
    return value;
  }

  /** Takes in what another sample of this capacity knows. */
  merge(
    other: HashSample<Value>,
    make: () => Value,
    join: (into: Value, from: Value) => void,
  ): void {
    if (other.#limit < this.#limit) {
      this.#limit = other.#limit;
      for (const [key, { hash }] of this.#values) if (hash >= this.#limit) this.#values.delete(key);
    }
    for (const [key, { value }] of other.#values) {
      const into = this.at(key, make);
      if (into !== null) join(into, value);
    }
  }

  /** The sampled keys in the order of their hashes. */
  entries(): readonly (readonly [key: string, value: Value])[] {
    this.#shrink();
    return this.#sorted().map(([key, { value }]) => [key, value]);
  }

  /** How many distinct keys were met: exact as long as all are kept. */
  distinct(): number {
    this.#shrink();
    if (this.#limit === HASHES) return this.#values.size;
    return Math.round((this.#values.size * HASHES) / this.#limit);
  }

  #sorted() {
    return [...this.#values].sort(
      ([left, { hash: a }], [right, { hash: b }]) => a - b || (left < right ? -1 : 1),
    );
  }

  #shrink(): void {
    if (this.#values.size <= this.#capacity) return;
    const sorted = this.#sorted();
    this.#limit = (sorted[this.#capacity] as (typeof sorted)[number])[1].hash;
    this.#values = new Map(sorted.slice(0, this.#capacity));
  }
}
