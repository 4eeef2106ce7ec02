import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import {
  closeDataDirectory,
  type DataDirectory,
  openDataDirectory,
} from '../../shared/embedded/data-directory.ts';

/** Gives the tests of a file a data directory of their own, which `#adapters` then use. */
export function freshDataDirectory(): () => DataDirectory {
  const path = mkdtempSync(join(tmpdir(), 'foresight-'));
  let directory: DataDirectory;
  beforeAll(() => {
    process.env['FORESIGHT_DATA_DIR'] = path;
    directory = openDataDirectory(path);
  });
  afterAll(async () => {
    await closeDataDirectory(directory);
    rmSync(path, { recursive: true });
  });
  return () => directory;
}
