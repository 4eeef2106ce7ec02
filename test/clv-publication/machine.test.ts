import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readCurrent } from '../../shared/domain/clv-publication/publication.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';
import { publishedNotices } from '../../shared/embedded/notices.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { ended, type Ran, runnerOf, statesOf } from '../machines/run-machine.ts';
import {
  ENVIRONMENT,
  type Instead,
  importOrders,
  machine,
  serveModel,
  shop,
  tasksOf,
} from './machine.ts';

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-clv-'));
  vi.stubEnv('FORESIGHT_DATA_DIR', folder);
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
});
afterEach(async () => {
  const { path } = dataDirectory();
  await closeDataDirectory(dataDirectory());
  rmSync(path, { recursive: true });
  vi.unstubAllEnvs();
  vi.resetModules();
});

const WEEK = '2026-01-05';
const NEXT_WEEK = '2026-01-12';
const lake = () => openObjectStore(ENVIRONMENT.LAKE_BUCKET);

async function run(name: string, input: object, instead: Instead = {}): Promise<Ran> {
  const runner = runnerOf(machine, tasksOf(instead));
  await openStateMachines().start(machine.resource, name, JSON.stringify(input));
  await runner.idle();
  return ended(machine, name);
}

test('a week is gathered, scored, checked and published, and people are told', async () => {
  await serveModel(364);
  await importOrders(shop);
  const ran = await run('week', { as_of: WEEK });
  expect(ran.history.filter(({ error }) => error !== null)).toEqual([]);
  expect(ran.status).toBe('SUCCEEDED');
  const current = await readCurrent(lake());
  const due = new Set(shop.filter(({ day }) => day < 364).map(({ customer }) => customer));
  expect(current).toMatchObject({ as_of: WEEK, counts: { customers: due.size } });
  expect(statesOf(ran)).toContain('Published');
  expect(publishedNotices('LowNotices')).toHaveLength(1);
}, 60_000);
