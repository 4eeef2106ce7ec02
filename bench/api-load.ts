import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Decision, ScoreRequest } from '../shared/schemas/score.ts';
import { type OpenLoopAnswer, openLoop } from './open-loop.ts';
import { type PlatformProcess, withPlatform } from './platform-process.ts';
import type { Result, Row } from './report.ts';
import { percentile, sampleOf } from './sample.ts';
import { fillShop } from './shoppers.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const RATE = 1_000;
const SECONDS = 10;
const CONNECTIONS = 10;
const ROUNDS = 3;
const SHOPPERS = 1_000;
const WARM_UP_SECONDS = 3;
/** The last answer comes after the last second has ended. */
const ANSWERED_IN_TIME = 0.99;
const AUTOCANNON = join(import.meta.dirname, '../node_modules/autocannon/autocannon.js');

/** What autocannon reports. */
interface Closed {
  readonly latency: { readonly p99: number };
  readonly requests: { readonly average: number };
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
}

interface Measured {
  readonly atRate: readonly OpenLoopAnswer[];
  readonly atMost: readonly Closed[];
  readonly memory: number | null;
}

export function run(): Promise<readonly Result[]> {
  return inTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const har = join(folder, 'scores.har');
    const measured = await withPlatform(dataDir, ['--no-simulator'], (platform) =>
      measure(platform, har),
    );
    requireGoodAnswers(dataDir, measured);
    return [
      ...rowsAtRate(measured.atRate),
      ...rowsAtMost(measured.atMost),
      memoryRow(measured.memory),
    ];
  });
}

async function measure(platform: PlatformProcess, har: string): Promise<Measured> {
  const requests = await fillShop(platform, SHOPPERS);
  await writeFile(har, harOf(platform, requests));
  await atMostOnce(platform, har, WARM_UP_SECONDS);
  const atRate: OpenLoopAnswer[] = [];
  const atMost: Closed[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    atRate.push(await atRateOnce(platform, requests));
    atMost.push(await atMostOnce(platform, har, SECONDS));
  }
  return { atRate, atMost, memory: platform.peakMegabytes() };
}

/** Not by autocannon: it sends what a second is due at once, and counts slow answers many times. */
function atRateOnce({ url, apiKey }: PlatformProcess, requests: readonly ScoreRequest[]) {
  return openLoop({
    url: `${url}/v1/propensity`,
    apiKey,
    bodies: requests.map((request) => JSON.stringify(request)),
    perSecond: RATE,
    seconds: SECONDS,
  });
}

async function atMostOnce({ url }: PlatformProcess, har: string, seconds: number): Promise<Closed> {
  const flags = ['--json', '--no-progress', '--connections', String(CONNECTIONS)];
  const { stdout } = await promisify(execFile)(process.execPath, [
    AUTOCANNON,
    ...flags,
    ...['--duration', String(seconds), '--har', har, url],
  ]);
  return JSON.parse(stdout) as Closed;
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
function requireGoodAnswers(dataDir: string, { atRate, atMost }: Measured): void {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const failed = sum(atMost.map(({ non2xx, errors }) => non2xx + errors));
  if (failed > 0) throw new Error(`${failed} requests failed`);
  const answered =
    sum(atRate.map(({ latencies }) => latencies.length)) + sum(atMost.map((load) => load['2xx']));
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

function rowsAtRate(rounds: readonly OpenLoopAnswer[]): Row[] {
  const at = `${RATE} scores/s for ${SECONDS} s`;
  const latency = (part: string, p: number, most?: number): Row => ({
    name: `${at}: latency ${part}`,
    unit: 'ms',
    sample: sampleOf(rounds.map(({ latencies }) => percentile(latencies, p))),
    ...(most === undefined ? {} : { target: { most } }),
  });
  return [
    {
      name: `${at}: answered`,
      unit: 'scores/s',
      sample: sampleOf(
        rounds.map(({ latencies, elapsedSeconds }) => latencies.length / elapsedSeconds),
      ),
      target: { least: RATE * ANSWERED_IN_TIME },
    },
    latency('p50', 0.5),
    latency('p95', 0.95, 10),
    latency('p99', 0.99, 20),
    latency('slowest', 1),
  ];
}

function rowsAtMost(rounds: readonly Closed[]): Row[] {
  const at = `as many as it can, ${CONNECTIONS} connections`;
  return [
    {
      name: `${at}: answered`,
      unit: 'scores/s',
      sample: sampleOf(rounds.map(({ requests }) => requests.average)),
      target: { least: RATE },
    },
    {
      name: `${at}: latency p99`,
      unit: 'ms',
      sample: sampleOf(rounds.map(({ latency }) => latency.p99)),
    },
  ];
}

function memoryRow(megabytes: number | null): Result {
  const name = 'peak memory of the platform under all of this';
  return megabytes === null
    ? { name, because: 'only Linux tells it' }
    : { name, unit: 'MB', sample: sampleOf([megabytes]), target: { most: 300 } };
}
