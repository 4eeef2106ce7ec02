import { closeSync, fdatasync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../errors.ts';

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

interface Unsynced {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/**
 * One transaction for all writes that were asked for in a turn of the event loop, and one fsync for
 * all transactions since the last: in a thread, so that a slow disk delays those who wait for it
 * and nobody else. SQLite itself leaves its log unsynced (synchronous=NORMAL) and reads it back as
 * far as it is whole, so a power cut never takes a commit and leaves a later one.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #file: string;
  /** Descriptor of the write-ahead log, which exists since the first write. */
  #log: number | undefined;
  #waiting: Waiting[] = [];
  #unsynced: Unsynced[] = [];
  #syncing = false;

  /** @param file of the database */
  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
  }

  /**
   * `work` runs statements only: where one fails, its whole group is undone and rejected. Resolves
   * when it is on disk; reads of this process see it a little before that.
   */
  commit<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  /** To be called after the last commit has resolved. */
  close(): void {
    if (this.#log !== undefined) closeSync(this.#log);
  }

  #flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    const results: unknown[] = [];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const { work } of group) results.push(work());
      this.#database.exec('COMMIT');
      this.#log ??= openSync(`${this.#file}-wal`, 'r+');
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const unavailable = this.#unavailable(error as Error);
      for (const { reject } of group) reject(unavailable);
      return;
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      this.#unsynced.push({ resolve: () => resolve(results[index] as never), reject });
    }
    if (!this.#syncing) this.#sync(this.#log);
  }

  /** What is committed while one sync runs waits for the next. */
  #sync(log: number): void {
    const group = this.#unsynced;
    this.#unsynced = [];
    this.#syncing = group.length > 0;
    if (!this.#syncing) return;
    fdatasync(log, (error) => {
      const unavailable = error && this.#unavailable(error);
      for (const { resolve, reject } of group) unavailable ? reject(unavailable) : resolve();
      this.#sync(log);
    });
  }

  #unavailable(error: Error & { errcode?: number }): StoreUnavailable {
    const messages: Readonly<Record<number, string>> = {
      [SQLITE_FULL]: `the disk of ${this.#file} is full: nothing of this was written. Free some space and try again.`,
      [SQLITE_BUSY]: `another process writes to ${this.#file} for too long: nothing of this was written. Try again.`,
    };
    const known = messages[(error.errcode ?? 0) & 0xff]; // the low byte is the primary code
    const message = known ?? `cannot write to ${this.#file}: ${error.message}`;
    return new StoreUnavailable(message, { cause: error });
  }
}
