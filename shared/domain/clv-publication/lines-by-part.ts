import type { ObjectStore } from '../../ports.ts';
import { partOf } from './part-of.ts';

/** Lines on their way to the parts of their customers. */
export class LinesByPart {
  readonly #parts: number;
  readonly #lines = new Map<number, string[]>();

  /** @param parts how many there are */
  constructor(parts: number) {
    this.#parts = parts;
  }

  /** @param line anything that JSON can say */
  add(customer: string, line: unknown): void {
    const part = partOf(customer, this.#parts);
    const own = this.#lines.get(part) ?? [];
    own.push(`${JSON.stringify(line)}\n`);
    this.#lines.set(part, own);
  }

  /** Writes an object of JSON lines for each part that has any. */
  async write(lake: ObjectStore, keyOf: (part: number) => string): Promise<void> {
    for (const [part, lines] of this.#lines)
      await lake.put(keyOf(part), new TextEncoder().encode(lines.join('')));
  }
}
