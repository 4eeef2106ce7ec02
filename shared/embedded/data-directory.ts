import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataDirectoryUnusable, StoreUnavailable } from '../errors.ts';
import { GroupCommit } from './group-commit.ts';

/** Layout of the directory; one of another number is refused rather than misread. */
const FORMAT = 1;
/** How long a write waits for another process (a command beside the platform) to finish its own. */
const BUSY_TIMEOUT_MS = 5000;
/**
 * 32 MB: an item written often reaches the database file less often, and checkpoints, which stop
 * the event loop, come seldom enough to spare 99 of 100 requests.
 */
const WAL_PAGES = 8000;

/** The folder that holds everything an embedded platform knows. */
export interface DataDirectory {
  readonly path: string;
  readonly database: DatabaseSync;
  /**
   * Runs `work` in a transaction that concurrent callers share; resolves when it is on disk.
   * @throws StoreUnavailable when it is not on disk
   */
  commit<Result>(work: () => Result): Promise<Result>;
}

const open = new Map<
  string,
  { readonly directory: DataDirectory; readonly commits: GroupCommit }
>();

/** The directory that `FORESIGHT_DATA_DIR` names, opened once per process. */
export function dataDirectory(): DataDirectory {
  return openDataDirectory(process.env['FORESIGHT_DATA_DIR'] ?? '.foresight');
}

/** @throws DataDirectoryUnusable */
export function openDataDirectory(folder: string): DataDirectory {
  const path = resolve(folder);
  const known = open.get(path);
  if (known) return known.directory;
  const file = join(path, 'foresight.db');
  const database = openDatabase(path, file);
  const commits = new GroupCommit(database, file);
  const directory: DataDirectory = {
    path,
    database,
    commit: (work) => commits.commit(work),
  };
  open.set(path, { directory, commits });
  return directory;
}

/** Writes what is pending and lets go of the folder; adapters opened on it are dead afterwards. */
export async function closeDataDirectory(directory: DataDirectory): Promise<void> {
  await directory.commit(() => undefined);
  open.get(directory.path)?.commits.close();
  open.delete(directory.path);
  directory.database.close();
}

function openDatabase(path: string, file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    database.exec(
      `PRAGMA journal_mode = WAL;
       PRAGMA synchronous = NORMAL;
       PRAGMA wal_autocheckpoint = ${WAL_PAGES}`,
    );
    claimFormat(database, file);
    return database;
  } catch (error) {
    if (database?.isOpen) database.close();
    if (error instanceof DataDirectoryUnusable) throw error;
    throw new DataDirectoryUnusable(
      `${file} cannot be used: ${(error as Error).message}. Give another --data-dir or move this one away.`,
      { cause: error },
    );
  }
}

function claimFormat(database: DatabaseSync, file: string): void {
  const found = database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (found === FORMAT) return;
  const used = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'];
  if (found !== 0 || used !== 0) {
    throw new DataDirectoryUnusable(
      `${file} has format ${found}, this version of foresight reads format ${FORMAT}. Use the version that wrote it, or another --data-dir.`,
    );
  }
  database.exec(`PRAGMA user_version = ${FORMAT}`);
}

/**
 * A lock that dies with its process, also under `kill -9`: an exclusive transaction that is never
 * committed, on a database of its own.
 * @throws DataDirectoryUnusable when another platform holds it
 */
export function lockDataDirectory(directory: DataDirectory): { release(): void } {
  const file = join(directory.path, 'platform.lock');
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw new DataDirectoryUnusable(
      `${directory.path} is in use by another running platform. Stop that one, or give another --data-dir.`,
      { cause: error },
    );
  }
  return { release: () => lock.close() };
}

/** Statements are prepared on tables named after what the wiring calls them. */
export function quoted(kind: string, name: string): string {
  if (!/^[\w.-]{1,128}$/.test(name)) {
    throw new StoreUnavailable(`${JSON.stringify(name)} cannot name a ${kind}`);
  }
  return `"${kind} ${name}"`;
}
