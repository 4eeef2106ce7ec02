import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accountFor } from '../../local/accounting.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { fuzzRequests } from './fuzz-requests.ts';

const COUNT = Number(process.env['FUZZ_REQUESTS'] ?? 200_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
/** Before the first sample caches fill and code is compiled. */
const WARM_UP = 10_000;
const MAX_HEAP_GROWTH = 32 * 2 ** 20;

const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ dataDir: join(folder, 'data'), port: 0 });
});
afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true });
});

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** Why scores were the prior: each an error that the answers do not show. */
function degradations(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const file of globSync(join(folder, 'data/LakeBucket/bronze/decisions/*/*'))) {
    const text = readFileSync(file, 'utf8');
    for (const [, because = ''] of text.matchAll(/"degraded_because":"(\w+)"/g)) {
      counts[because] = (counts[because] ?? 0) + 1;
    }
  }
  return counts;
}

test(`${COUNT} generated requests break nothing, leave nothing behind, and every event is accounted for`, async () => {
  const warmUp = await fuzzRequests(platform, WARM_UP, SEED);
  await platform.drain();
  const before = heapInUse();
  const start = performance.now();
  const totals = await fuzzRequests(platform, COUNT, SEED + 1);
  const seconds = (performance.now() - start) / 1000;
  await platform.drain();
  const growth = heapInUse() - before;
  const { DeadlineExceeded = 0, ...failed } = degradations();
  const heap = { before, growth };
  const measured = { seed: SEED, seconds, heap, ...totals, DeadlineExceeded };
  process.stdout.write(`${JSON.stringify(measured)}\n`);
  expect(failed).toEqual({});
  expect(growth).toBeLessThan(MAX_HEAP_GROWTH);

  const accounting = await accountFor(
    join(folder, 'data/LakeBucket'),
    openOnlineStore('OnlineTable'),
  );
  expect(accounting).toMatchObject({
    exact: true,
    accepted: warmUp.events.accepted + totals.events.accepted,
  });
});
