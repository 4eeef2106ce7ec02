import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accountFor } from '../local/accounting.ts';
import { resourceNamed, useEnvironment } from '../local/environment.ts';
import { lakeFolder } from '../local/lake.ts';
import type { LoadReport } from '../local/operate/load-report.ts';
import { readProjectWiring } from '../local/project.ts';
import { openOnlineStore } from '../shared/embedded/online-store.ts';
import { type PlatformProcess, withPlatform } from './platform-process.ts';
import type { Result, Row } from './report.ts';
import { sampleOf } from './sample.ts';
import { slopeOf } from './slope.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const PER_SECOND = 1_000;
const SECONDS = 300;
const SAMPLE_MS = 1_000;
/** The heap and SQLite's caches first grow to the size that the load needs. */
const SETTLED = 1 / 3;

type Load = LoadReport & { readonly lost_visitors: number; readonly events_accepted: number };

interface Measured {
  readonly load: Load;
  /** Each with when it was taken, minutes. */
  readonly memory: readonly { readonly minutes: number; readonly megabytes: number }[];
}

/** Ten requests for scores to one with ten events, for as long as a leak needs to show. */
export function run(seconds = SECONDS): Promise<readonly Result[]> {
  return inTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const measured = await withPlatform(dataDir, ['--no-simulator'], (platform) =>
      measure(platform, seconds),
    );
    useEnvironment(readProjectWiring('dev'), dataDir);
    const online = openOnlineStore(resourceNamed('ONLINE_TABLE'));
    const { accepted, exact } = await accountFor(lakeFolder(), online);
    return rowsOf(measured, seconds, { accepted, exact });
  });
}

async function measure(platform: PlatformProcess, seconds: number): Promise<Measured> {
  const memory: { minutes: number; megabytes: number }[] = [];
  const begun = performance.now();
  const sampling = setInterval(() => {
    const megabytes = platform.residentMegabytes();
    const minutes = (performance.now() - begun) / 60_000;
    if (megabytes !== null) memory.push({ minutes, megabytes });
  }, SAMPLE_MS);
  try {
    return { load: await loadOnce(platform, seconds), memory };
  } finally {
    clearInterval(sampling);
  }
}

/** By the command that others use too, in a process of its own. */
async function loadOnce({ url, apiKey }: PlatformProcess, seconds: number): Promise<Load> {
  const main = join(import.meta.dirname, '../cli/main.ts');
  const flags = ['--url', url, '--rps', String(PER_SECOND), '--seconds', String(seconds), '--json'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [main, 'load', ...flags, '--errors', '1'],
    { env: { ...process.env, FORESIGHT_API_KEY: apiKey } },
  );
  return JSON.parse(stdout);
}

function rowsOf(
  { load, memory }: Measured,
  seconds: number,
  { accepted, exact }: { readonly accepted: number; readonly exact: boolean },
): Result[] {
  const at = `${PER_SECOND} requests/s for ${seconds} s`;
  const row = (name: string, unit: string, value: number, target?: Row['target']): Row => ({
    name: `${at}: ${name}`,
    unit,
    sample: sampleOf([value]),
    ...(target === undefined ? {} : { target }),
  });
  const failed = Object.values(load.errors).reduce((sum, count) => sum + count, 0);
  const settled = memory.slice(Math.floor(memory.length * SETTLED));
  return [
    row('answered', 'requests/s', load.rate, { least: PER_SECOND * 0.99 }),
    row('latency p50', 'ms', load.latency.p50),
    row('latency p99', 'ms', load.latency.p99, { most: 50 }),
    row('latency slowest', 'ms', load.latency.slowest),
    row('errors', 'requests', failed, { most: 0 }),
    row('degraded', 'scores', load.degraded, { most: 0 }),
    row('visitors that scores do not know', 'visitors', load.lost_visitors, { most: 0 }),
    row(
      'events that the door took and the lake lacks',
      'events',
      Math.abs(load.events_accepted - accepted),
      { most: 0 },
    ),
    row('accounts that do not close', '', exact ? 0 : 1, { most: 0 }),
    ...(settled.length < 2
      ? [{ name: `${at}: memory`, because: 'only Linux tells it' }]
      : [
          row('memory at the end', 'MB', settled.at(-1)?.megabytes ?? 0),
          row(
            'growth of memory in the last two thirds',
            'MB a minute',
            slopeOf(settled.map(({ minutes, megabytes }) => [minutes, megabytes])),
            { most: 2 },
          ),
        ]),
  ];
}
