import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Decision, ScoreRequest } from '../shared/schemas/score.ts';
import { type PlatformProcess, withPlatform } from './platform-process.ts';
import type { Result, Row, Target } from './report.ts';
import { sampleOf } from './sample.ts';
import { fillShop } from './shoppers.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const RATE = 1_000;
const SECONDS = 10;
const CONNECTIONS = 10;
const ROUNDS = 3;
const SHOPPERS = 1_000;
const AUTOCANNON = join(import.meta.dirname, '../node_modules/autocannon/autocannon.js');

/** What autocannon reports; latencies in milliseconds. */
interface Load {
  readonly latency: { readonly p50: number; readonly p97_5: number; readonly p99: number };
  readonly requests: { readonly average: number; readonly total: number };
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
}

export function run(): Promise<readonly Result[]> {
  return inTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const har = join(folder, 'scores.har');
    const measured = await withPlatform(dataDir, ['--no-simulator'], (platform) =>
      measure(platform, har),
    );
    requireGoodAnswers(dataDir, [...measured.atRate, ...measured.atMost]);
    return [
      ...rowsAtRate(measured.atRate),
      ...rowsAtMost(measured.atMost),
      memoryRow(measured.memory),
    ];
  });
}

async function measure(platform: PlatformProcess, har: string) {
  await writeFile(har, harOf(platform, await fillShop(platform, SHOPPERS)));
  await load(platform, har, 3, []); // warms up
  const atRate: Load[] = [];
  const atMost: Load[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    atRate.push(await load(platform, har, SECONDS, ['--overallRate', String(RATE)]));
    atMost.push(await load(platform, har, SECONDS, []));
  }
  return { atRate, atMost, memory: platform.peakMegabytes() };
}

/** From another process; at a given rate latencies count from when a request was due. */
async function load(
  { url }: PlatformProcess,
  har: string,
  seconds: number,
  flags: readonly string[],
): Promise<Load> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    AUTOCANNON,
    '--json',
    '--no-progress',
    ...['--connections', String(CONNECTIONS), '--duration', String(seconds), ...flags],
    ...['--har', har, url],
  ]);
  return JSON.parse(stdout) as Load;
}

/** The requests as an HTTP archive, the form in which autocannon takes several. */
function harOf({ url, apiKey }: PlatformProcess, requests: readonly ScoreRequest[]): string {
  const headers = [
    { name: 'content-type', value: 'application/json' },
    { name: 'x-api-key', value: apiKey },
  ];
  const entries = requests.map((request) => ({
    request: {
      method: 'POST',
      url: `${url}/v1/propensity`,
      headers,
      postData: { mimeType: 'application/json', text: JSON.stringify(request) },
    },
  }));
  return JSON.stringify({ log: { entries } });
}

/** An answer that only looks like one must not count: the decisions in the lake tell. */
function requireGoodAnswers(dataDir: string, loads: readonly Load[]): void {
  const failed = loads.reduce((sum, { non2xx, errors }) => sum + non2xx + errors, 0);
  if (failed > 0) throw new Error(`${failed} requests failed`);
  const answered = loads.reduce((sum, load) => sum + load['2xx'], 0);
  const decisions = globSync(join(dataDir, '*/bronze/decisions/*/*.jsonl'))
    .flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as Decision);
  const degraded = decisions.filter((decision) => decision.degraded).length;
  const unknown = decisions.filter(({ features_as_of }) => features_as_of === null).length;
  if (decisions.length < answered || degraded > 0 || unknown > decisions.length / 100)
    throw new Error(
      `${answered} scores were answered, ${decisions.length} logged, ${degraded} of them degraded and ${unknown} without features`,
    );
}

function rowsAtRate(loads: readonly Load[]): Row[] {
  const at = `${RATE} scores/s for ${SECONDS} s`;
  const latency = (part: string, of: keyof Load['latency'], target?: Target): Row => ({
    name: `${at}: latency ${part}`,
    unit: 'ms',
    sample: sampleOf(loads.map(({ latency }) => latency[of])),
    ...(target === undefined ? {} : { target }),
  });
  return [
    {
      name: `${at}: answered`,
      unit: 'scores/s',
      sample: sampleOf(loads.map(({ requests }) => requests.average)),
      // A round loses the moment in which it ends.
      target: { least: RATE * 0.99 },
    },
    latency('p50', 'p50'),
    latency('p97.5', 'p97_5', { most: 10 }),
    latency('p99', 'p99', { most: 20 }),
  ];
}

function rowsAtMost(loads: readonly Load[]): Row[] {
  const at = `as many as it can, ${CONNECTIONS} connections`;
  return [
    {
      name: `${at}: answered`,
      unit: 'scores/s',
      sample: sampleOf(loads.map(({ requests }) => requests.average)),
      target: { least: RATE },
    },
    {
      name: `${at}: latency p99`,
      unit: 'ms',
      sample: sampleOf(loads.map(({ latency }) => latency.p99)),
    },
  ];
}

function memoryRow(megabytes: number | null): Result {
  const name = 'peak memory of the platform under all of this';
  return megabytes === null
    ? { name, because: 'only Linux tells it' }
    : { name, unit: 'MB', sample: sampleOf([megabytes]), target: { most: 300 } };
}
