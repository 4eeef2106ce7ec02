import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accountFor } from '../../local/accounting.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { fuzzRequests } from '../fuzz/fuzz-requests.ts';

const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ dataDir: join(folder, 'data'), port: 0 });
}, 30_000);
afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true });
});

test('generated requests get answers of the document, and every event is accounted for', async () => {
  const { events } = await fuzzRequests(platform, 1000, Date.now() % 2 ** 31);
  await platform.drain();
  const online = openOnlineStore('OnlineTable');
  expect(await accountFor(join(folder, 'data/LakeBucket'), online)).toMatchObject({
    exact: true,
    accepted: events.accepted,
  });
}, 60_000);
