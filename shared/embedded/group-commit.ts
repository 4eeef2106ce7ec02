import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../errors.ts';

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/** One transaction, hence one fsync, for all writes that were asked for in a turn of the event loop. */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #path: string;
  #waiting: Waiting[] = [];

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** `work` runs statements only: where one fails, its whole group is undone and rejected. */
  commit<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    const results: unknown[] = [];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const { work } of group) results.push(work());
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const unavailable = this.#unavailable(error as Error);
      for (const { reject } of group) reject(unavailable);
      return;
    }
    for (const [index, { resolve }] of group.entries()) resolve(results[index] as never);
  }

  #unavailable(error: Error & { errcode?: number }): StoreUnavailable {
    const messages: Readonly<Record<number, string>> = {
      [SQLITE_FULL]: `the disk of ${this.#path} is full: nothing of this was written. Free some space and try again.`,
      [SQLITE_BUSY]: `another process writes to ${this.#path} for too long: nothing of this was written. Try again.`,
    };
    const known = messages[(error.errcode ?? 0) & 0xff]; // the low byte is the primary code
    return new StoreUnavailable(
      known ?? `cannot write to ${this.#path}: ${error.message}. Nothing of this was written.`,
      { cause: error },
    );
  }
}
