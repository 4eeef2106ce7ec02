import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file that appears under its name when it is whole. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  writeFileSync(`${path}.unfinished`, content);
  renameSync(`${path}.unfinished`, path);
}
