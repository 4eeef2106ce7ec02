import type { Manifest } from '../schemas/model.ts';
import { type ModelFolder, sha256, verifyFolder } from './model-folder.ts';

export interface Reproduction {
  readonly same: boolean;
  /** What differs, and where it can be told why. */
  readonly differences: readonly string[];
}

const PARTS = [
  'training',
  'features',
  'calibration',
  'prior',
  'metrics',
  'gates',
  'lineage',
] as const;

/** Compares a version with what training it again has made, byte for byte. */
export function compareReproduction(recorded: ModelFolder, again: ModelFolder): Reproduction {
  if (sha256(recorded.manifest) === sha256(again.manifest)) return { same: true, differences: [] };
  const [before, after] = [verifyFolder(recorded), verifyFolder(again)];
  const differences: string[] = [];
  if (before.training.data_digests.join() !== after.training.data_digests.join())
    differences.push(
      `the events of the range are others: SHA-256 ${after.training.data_digests.join(', ')}, recorded ${before.training.data_digests.join(', ')}`,
    );
  if (before.training.code_version !== after.training.code_version)
    differences.push(
      `the code is ${after.training.code_version}, recorded ${before.training.code_version}`,
    );
  const files = Object.keys({ ...before.files, ...after.files }) as (keyof Manifest['files'])[];
  for (const file of files)
    if (before.files[file] !== after.files[file])
      differences.push(
        `${file} has SHA-256 ${after.files[file] ?? 'none'}, recorded ${before.files[file] ?? 'none'}`,
      );
  for (const part of PARTS)
    if (JSON.stringify(before[part]) !== JSON.stringify(after[part]))
      differences.push(`manifest.json: ${firstDifference(part, before[part], after[part])}`);
  return { same: false, differences };
}

/** The path of the first value that differs, with both. */
function firstDifference(path: string, before: unknown, after: unknown): string {
  if (isObject(before) && isObject(after))
    for (const key of Object.keys({ ...before, ...after }))
      if (JSON.stringify(before[key]) !== JSON.stringify(after[key]))
        return firstDifference(`${path}.${key}`, before[key], after[key]);
  return `${path} is ${JSON.stringify(after)}, recorded ${JSON.stringify(before)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
