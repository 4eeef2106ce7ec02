import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const SHARED_DATA = resolve(import.meta.dirname, '../../../shared/data');

/** Writes a file into a folder that goes with the test. */
export function sourceFile(content: string | Uint8Array, name = 'events.csv'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-input-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A real data set, null where it isn't at hand. */
export function realEvents(set: string): string | null {
  const path = join(SHARED_DATA, set, 'events.csv.gz');
  return existsSync(path) ? path : null;
}
