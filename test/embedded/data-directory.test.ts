import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import {
  closeDataDirectory,
  lockDataDirectory,
  openDataDirectory,
} from '../../shared/embedded/data-directory.ts';

const scratch = mkdtempSync(join(tmpdir(), 'foresight-'));
let folders = 0;
const freshFolder = () => join(scratch, `${folders++}`, 'data');
afterAll(() => rmSync(scratch, { recursive: true }));

test('makes the folder, for its owner only, and opens it once', async () => {
  const folder = freshFolder();
  const directory = openDataDirectory(folder);
  expect(openDataDirectory(folder)).toBe(directory);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  await closeDataDirectory(directory);
});

test('opens what it wrote before', async () => {
  const folder = freshFolder();
  const first = openDataDirectory(folder);
  await first.commit(() => first.database.exec('CREATE TABLE t (n); INSERT INTO t VALUES (7)'));
  await closeDataDirectory(first);
  const second = openDataDirectory(folder);
  expect(second.database.prepare('SELECT n FROM t').get()).toEqual({ n: 7 });
  await closeDataDirectory(second);
});

test('writes what was still pending when it is closed', async () => {
  const folder = freshFolder();
  const directory = openDataDirectory(folder);
  directory.database.exec('CREATE TABLE t (n)');
  const pending = directory.commit(() => directory.database.exec('INSERT INTO t VALUES (1)'));
  await closeDataDirectory(directory);
  await pending;
  const database = new DatabaseSync(join(folder, 'foresight.db'));
  expect(database.prepare('SELECT n FROM t').all()).toEqual([{ n: 1 }]);
  database.close();
});

const spoil: Record<string, (folder: string) => void> = {
  'of another format': (folder) => {
    mkdirSync(folder, { recursive: true });
    const database = new DatabaseSync(join(folder, 'foresight.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
  },
  'with a database of something else': (folder) => {
    mkdirSync(folder, { recursive: true });
    const database = new DatabaseSync(join(folder, 'foresight.db'));
    database.exec('CREATE TABLE alien (n)');
    database.close();
  },
  'whose database is no database': (folder) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'foresight.db'), 'this is not SQLite, whatever it is called\n');
  },
  'that is a file': (folder) => {
    mkdirSync(join(folder, '..'), { recursive: true });
    writeFileSync(folder, '');
  },
};

test.each(Object.entries(spoil))('refuses a directory %s, naming it', (_case, prepare) => {
  const folder = freshFolder();
  prepare(folder);
  expect(() => openDataDirectory(folder)).toThrow(
    expect.objectContaining({
      name: 'DataDirectoryUnusable',
      message: expect.stringContaining(folder),
    }),
  );
});

test('lets one platform hold it, and the next when that one lets go', async () => {
  const directory = openDataDirectory(freshFolder());
  const lock = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(
    expect.objectContaining({
      name: 'DataDirectoryUnusable',
      message: expect.stringContaining(directory.path),
    }),
  );
  lock.release();
  lockDataDirectory(directory).release();
  await closeDataDirectory(directory);
});

test('the lock of a process that was killed is gone', async () => {
  const folder = freshFolder();
  const module = join(import.meta.dirname, '../../shared/embedded/data-directory.ts');
  const child = spawnSync(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { lockDataDirectory, openDataDirectory } from ${JSON.stringify(module)};
     lockDataDirectory(openDataDirectory(${JSON.stringify(folder)}));
     process.kill(process.pid, 'SIGKILL');`,
  ]);
  expect(child.signal).toBe('SIGKILL');
  const directory = openDataDirectory(folder);
  lockDataDirectory(directory).release();
  await closeDataDirectory(directory);
});

test('a failing work undoes its whole group and nothing of the next', async () => {
  const directory = openDataDirectory(freshFolder());
  const { database } = directory;
  database.exec('CREATE TABLE t (n UNIQUE)');
  const put = (n: number) => directory.commit(() => database.exec(`INSERT INTO t VALUES (${n})`));
  const group = await Promise.allSettled([put(1), put(2), put(2)]);
  expect(group.map((outcome) => outcome.status)).toEqual(Array(3).fill('rejected'));
  await put(3);
  expect(database.prepare('SELECT n FROM t').all()).toEqual([{ n: 3 }]);
  await closeDataDirectory(directory);
});
