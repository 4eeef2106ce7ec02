import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidRequest, StoreUnavailable } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import { dataDirectory } from './data-directory.ts';

/** Objects as files under `<data directory>/<bucket>/`. */
export function openObjectStore(bucket: string): ObjectStore {
  const { path } = dataDirectory();
  const root = join(path, bucket);
  const unfinished = join(path, 'unfinished');
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  return {
    get: (key) => readObject(root, key),
    async put(key, body) {
      const file = fileOf(root, key);
      const draft = join(unfinished, randomUUID());
      try {
        await writeDurably(draft, body);
        await moveInto(draft, file);
      } catch (error) {
        await rm(draft, { force: true });
        throw unavailable(`cannot write ${key} to ${bucket}`, error);
      }
    },
    list: (prefix) => keysUnder(root, prefix),
    async delete(key) {
      await rm(fileOf(root, key), { force: true });
    },
  };
}

/** @returns the bytes, or null where there is no such object */
export async function readObject(root: string, key: string): Promise<Uint8Array | null> {
  const file = fileOf(root, key);
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw unavailable(`cannot read ${key}`, error);
  }
}

async function writeDurably(file: string, body: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(body);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the folder of an object with its first one. */
async function moveInto(draft: string, file: string): Promise<void> {
  try {
    await rename(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dirname(file), { recursive: true });
    await rename(draft, file);
  }
}

/** @throws InvalidRequest for a key that would name a file outside the bucket, or none at all */
function fileOf(root: string, key: string): string {
  const segments = key.split('/');
  const strange = segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are refused
  if (strange || /[\\\u0000-\u001f]/.test(key)) {
    throw new InvalidRequest(`${JSON.stringify(key)} cannot be an object's key`, 'key');
  }
  return join(root, ...segments);
}

async function* keysUnder(root: string, prefix: string, folder = ''): AsyncGenerator<string> {
  for (const entry of await entriesOf(join(root, folder))) {
    const key = folder + entry;
    if (!entry.endsWith('/')) {
      if (key.startsWith(prefix)) yield key;
    } else if (key.startsWith(prefix) || prefix.startsWith(key)) {
      yield* keysUnder(root, prefix, key);
    }
  }
}

/** Names in the byte order of whole keys: a folder sorts as if its name ended in a slash. */
async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unavailable(`cannot list ${folder}`, error);
  }
}

function unavailable(what: string, error: unknown): StoreUnavailable {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === 'ENOSPC' ? 'the disk is full. Free some space and try again' : message;
  return new StoreUnavailable(`${what}: ${why}`, { cause: error });
}
