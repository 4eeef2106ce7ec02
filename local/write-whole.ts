import { accessSync, constants, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Usage } from '../shared/errors.ts';

/** Writes a file that appears under its name when it is whole. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  writeFileSync(`${path}.unfinished`, content);
  renameSync(`${path}.unfinished`, path);
}

/** @throws Usage where the folder of the path is absent or closed to us */
export function checkWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw new Usage(`cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
