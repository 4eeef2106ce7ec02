import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  assumedVisibleFrom,
  markSnapshot,
  snapshotMarks,
} from '../../shared/domain/snapshot-mark.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import type { SnapshotMark } from '../../shared/schemas/snapshot-mark.ts';

beforeEach(() => {
  vi.stubEnv('FORESIGHT_DATA_DIR', mkdtempSync(join(tmpdir(), 'foresight-marks-')));
});
afterEach(async () => {
  const { path } = dataDirectory();
  await closeDataDirectory(dataDirectory());
  rmSync(path, { recursive: true });
  vi.unstubAllEnvs();
});

const markOf = (source: SnapshotMark['source'], valid_from: number): SnapshotMark => {
  return { entity: 'user', date: '2026-05-07', valid_from, source };
};
const MIDNIGHT = Date.UTC(2026, 4, 7);
const LOADED = MIDNIGHT + 7_200_000;

test.each<[string, readonly SnapshotMark[], SnapshotMark]>([
  [
    'a load knows better than an assumption',
    [markOf('assumed', assumedVisibleFrom(MIDNIGHT)), markOf('load', LOADED)],
    markOf('load', LOADED),
  ],
  [
    'a later load was not the one that made it visible',
    [markOf('load', LOADED), markOf('load', LOADED + 1)],
    markOf('load', LOADED),
  ],
  [
    'a snapshot made again is as visible as before',
    [markOf('load', LOADED), markOf('assumed', assumedVisibleFrom(MIDNIGHT))],
    markOf('load', LOADED),
  ],
])('%s', async (_, marks, holds) => {
  const lake = openObjectStore('Lake');
  let answer: SnapshotMark | undefined;
  for (const mark of marks) answer = await markSnapshot(lake, mark);
  expect(answer).toEqual(holds);
  const all = [];
  for await (const mark of snapshotMarks(lake)) all.push(mark);
  expect(all).toEqual([holds]);
});

test('a mark that cannot be read is named', async () => {
  const lake = openObjectStore('Lake');
  await lake.put('gold/snapshots/dt=2026-05-07/user.json', new TextEncoder().encode('{'));
  await expect(markSnapshot(lake, markOf('load', LOADED))).rejects.toMatchObject({
    name: 'UnreadableInput',
    message: expect.stringContaining('gold/snapshots/dt=2026-05-07/user.json'),
  });
});
