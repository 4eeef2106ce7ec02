import type { ObjectStore } from '../shared/ports.ts';

const PART_CHARACTERS = 4_000_000;
const OPEN_CHARACTERS = 32_000_000;

interface Part {
  number: number;
  characters: number;
  lines: string[];
}

/**
 * Writes the lines of a file into the lake's day folders. The same lines in the same order make
 * the same objects, so that writing them again changes nothing.
 */
export class LakeWriter {
  readonly #lake: ObjectStore;
  readonly #parts = new Map<string, Part>();
  #characters = 0;

  constructor(lake: ObjectStore) {
    this.#lake = lake;
  }

  /**
   * @param table folder under `bronze/`
   * @param time ISO 8601 UTC; its day is the folder
   * @param source names the objects: hex digest of the file's content
   */
  async add(table: string, time: string, source: string, document: unknown): Promise<void> {
    const line = `${JSON.stringify(document)}\n`;
    const name = `bronze/${table}/dt=${time.slice(0, 10)}/import-${source.slice(0, 16)}`;
    let part = this.#parts.get(name);
    if (part === undefined) {
      part = { number: 0, characters: 0, lines: [] };
      this.#parts.set(name, part);
    }
    part.lines.push(line);
    part.characters += line.length;
    this.#characters += line.length;
    if (part.characters >= PART_CHARACTERS) await this.#put(name, part);
    else if (this.#characters >= OPEN_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    for (const [name, part] of this.#parts) if (part.lines.length > 0) await this.#put(name, part);
  }

  async #put(name: string, part: Part): Promise<void> {
    const key = `${name}-${String(part.number).padStart(5, '0')}.jsonl`;
    await this.#lake.put(key, Buffer.from(part.lines.join('')));
    this.#characters -= part.characters;
    part.number++;
    part.characters = 0;
    part.lines = [];
  }
}
