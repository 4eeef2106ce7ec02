import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const FILE = 'replay.json';

/** What makes a data directory one of a replay, and how far it is. */
const replayState = z.strictObject({
  format: z.string(),
  /** Hex digests of the files' contents, in the order they were named. */
  digests: z.array(z.string()),
  /** Rows, from the first, that were sent to the door and answered. */
  rows: z.number().int().min(0),
  /** Where the clock stands, epoch milliseconds. */
  time: z.number(),
});
export type ReplayState = z.infer<typeof replayState>;

/** Null for a directory that is no replay's. */
export function readReplayState(dataDir: string): ReplayState | null {
  const file = join(dataDir, FILE);
  return existsSync(file) ? replayState.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

export async function writeReplayState(dataDir: string, state: ReplayState): Promise<void> {
  const file = join(dataDir, FILE);
  await writeFile(`${file}.draft`, JSON.stringify(state));
  await rename(`${file}.draft`, file);
}
