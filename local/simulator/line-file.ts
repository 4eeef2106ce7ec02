import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const CHUNK_CHARACTERS = 1 << 20;

/**
 * A text file written line by line, gzip-compressed if its name ends in `.gz`. It stands under a
 * temporary name until `keep`, so that an interrupted run leaves no half file that looks whole.
 * Every method throws the system's error where the file cannot be written.
 */
export class LineFile {
  readonly #path: string;
  #descriptor: number | null = null;
  #lines: string[] = [];
  #pending = 0;

  constructor(path: string) {
    this.#path = path;
  }

  write(line: string): void {
    this.#lines.push(line, '\n');
    this.#pending += line.length + 1;
    if (this.#pending >= CHUNK_CHARACTERS) this.#flush();
  }

  keep(): void {
    closeSync(this.#flush());
    this.#descriptor = null;
    renameSync(this.#draft, this.#path);
  }

  /** Removes what was written, unless it was kept. */
  discard(): void {
    if (this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
    rmSync(this.#draft);
  }

  get #draft(): string {
    return `${this.#path}.part`;
  }

  #flush(): number {
    this.#descriptor ??= openSync(this.#draft, 'w');
    const text = this.#lines.join('');
    // Gzip members one after another are one gzip file.
    const bytes = this.#path.endsWith('.gz') ? gzipSync(text) : Buffer.from(text);
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#descriptor, bytes, written);
    }
    this.#lines = [];
    this.#pending = 0;
    return this.#descriptor;
  }
}
