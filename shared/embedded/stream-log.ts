import { type DataDirectory, quoted } from './data-directory.ts';

export interface LogRecord {
  /** Grows by record, never reused, starts at 1. */
  readonly sequence: number;
  readonly partitionKey: string;
  readonly data: string;
  /** Epoch milliseconds of this machine, also under a logical clock: record age is real age. */
  readonly arrivedAt: number;
}

/** How often a log looks for records that another process has put. */
const WATCH_INTERVAL_MS = 250;
/** Records forgotten in one transaction: a few milliseconds, so that nobody waits for long. */
const TRIMMED_AT_ONCE = 2000;

/** An append-only log of records in the data directory. */
export interface StreamLog {
  append(
    entries: readonly { readonly partitionKey: string; readonly data: string }[],
  ): Promise<void>;
  /** Up to `limit` records after a sequence number, in order; ends early at `maxLength` characters. */
  read(after: number, limit: number, maxLength?: number): readonly LogRecord[];
  /** Sequence number of the newest record ever put; 0 before the first. */
  last(): number;
  /** Forgets records up to and including a sequence number that every consumer has passed. */
  trim(upTo: number): Promise<void>;
  /** Calls back after records have become durable; returns the end of the subscription. */
  subscribe(listener: () => void): () => void;
}

type Row = [sequence: number, partitionKey: string, data: string, arrivedAt: number];

interface Watch {
  readonly listeners: Map<string, Set<() => void>>;
  timer: NodeJS.Timeout | undefined;
  version: unknown;
}

const watches = new WeakMap<DataDirectory, Watch>();

/** @param name of the stream, as the wiring calls it */
export function openStreamLog(directory: DataDirectory, name: string): StreamLog {
  const { database } = directory;
  const table = quoted('stream', name);
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (
       sequence INTEGER PRIMARY KEY AUTOINCREMENT,
       partition_key TEXT NOT NULL,
       data TEXT NOT NULL,
       arrived_at INTEGER NOT NULL
     )`,
  );
  const insert = database.prepare(
    `INSERT INTO ${table} (partition_key, data, arrived_at) VALUES (?, ?, ?)`,
  );
  const select = database.prepare(
    `SELECT sequence, partition_key, data, arrived_at
     FROM ${table} WHERE sequence > ? ORDER BY sequence LIMIT ?`,
  );
  select.setReturnArrays(true); // a third of the cost of objects
  const newest = database.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?');
  const oldest = database.prepare(`SELECT sequence FROM ${table} ORDER BY sequence LIMIT 1`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE sequence <= ?`);
  const watch = watchOf(directory);

  return {
    async append(entries) {
      await directory.commit(() => {
        const now = Date.now();
        for (const { partitionKey, data } of entries) insert.run(partitionKey, data, now);
      });
      for (const listener of watch.listeners.get(name) ?? []) listener();
    },
    read(after, limit, maxLength = Number.POSITIVE_INFINITY) {
      const records: LogRecord[] = [];
      let length = 0;
      for (const row of select.iterate(after, limit)) {
        const [sequence, partitionKey, data, arrivedAt] = row as unknown as Row;
        records.push({ sequence, partitionKey, data, arrivedAt });
        length += data.length;
        if (length >= maxLength) break;
      }
      return records;
    },
    last() {
      return (newest.get(table.slice(1, -1))?.['seq'] as number | undefined) ?? 0;
    },
    async trim(upTo) {
      for (;;) {
        const first = oldest.get()?.['sequence'] as number | undefined;
        if (first === undefined || first > upTo) return;
        await directory.commit(() => remove.run(Math.min(upTo, first + TRIMMED_AT_ONCE - 1)));
      }
    },
    subscribe(listener) {
      const listeners = watch.listeners.get(name) ?? new Set();
      watch.listeners.set(name, listeners.add(listener));
      watchOthers(directory, watch);
      return () => {
        listeners.delete(listener);
        if (![...watch.listeners.values()].some((set) => set.size > 0)) {
          clearInterval(watch.timer);
          watch.timer = undefined;
        }
      };
    },
  };
}

function watchOf(directory: DataDirectory): Watch {
  const known = watches.get(directory);
  if (known) return known;
  const watch: Watch = { listeners: new Map(), timer: undefined, version: undefined };
  watches.set(directory, watch);
  return watch;
}

/** `data_version` changes only when another connection has written. */
function watchOthers({ database }: DataDirectory, watch: Watch): void {
  if (watch.timer) return;
  const statement = database.prepare('PRAGMA data_version');
  const version = () => statement.get()?.['data_version'];
  watch.version = version();
  watch.timer = setInterval(() => {
    if (!database.isOpen) return clearInterval(watch.timer);
    const current = version();
    if (current === watch.version) return;
    watch.version = current;
    for (const listeners of watch.listeners.values()) for (const listener of listeners) listener();
  }, WATCH_INTERVAL_MS);
}
