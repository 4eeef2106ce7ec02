import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { peakMegabytes } from './platform-process.ts';
import type { Result } from './report.ts';
import { sampleOf } from './sample.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import { realFile } from './traffic.ts';

const ROUNDS = 3;
const WATCH_MS = 20;
const ROOT = join(import.meta.dirname, '..');

/** `foresight replay` in a process of its own: door, both streams, features and lake on SQLite. */
export function run(): Promise<readonly Result[]> {
  return inTemporaryFolder(async (folder) => {
    const simulated = join(folder, 'shop.jsonl');
    await foresight([
      'simulate',
      '--out',
      simulated,
      '--visitors',
      '6000',
      '--days',
      '14',
      '--json',
    ]);
    const file = realFile('retailrocket-buyers');
    const real: readonly Result[] =
      file === null
        ? [
            {
              name: 'retailrocket-buyers',
              because: '../shared/data/retailrocket-buyers is not here',
            },
          ]
        : await measure('retailrocket-buyers', ['retailrocket', file], folder);
    return [...real, ...(await measure('simulated shop', ['canonical', simulated], folder))];
  });
}

async function measure(
  source: string,
  input: readonly string[],
  folder: string,
): Promise<readonly Result[]> {
  const rates: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const dataDir = join(folder, `${source.replace(' ', '-')}-${round}`);
    mkdirSync(dataDir);
    const { output, peak } = await foresight(['replay', ...input, '--data-dir', dataDir, '--json']);
    const { sent, seconds, accounting } = output as Summary;
    if (!accounting.exact) throw new Error(`${source}: the replay's accounting is not exact`);
    rates.push(sent / seconds);
    if (peak !== null) memory.push(peak);
  }
  const name = `${source}: peak memory`;
  return [
    {
      name: `${source}: door, streams, features and lake`,
      unit: 'events/s',
      sample: sampleOf(rates),
      target: { least: 5_000 },
    },
    memory.length === 0
      ? { name, because: 'only Linux tells it' }
      : { name, unit: 'MB', sample: sampleOf(memory) },
  ];
}

interface Summary {
  readonly sent: number;
  readonly seconds: number;
  readonly accounting: { readonly exact: boolean };
}

async function foresight(
  words: readonly string[],
): Promise<{ output: unknown; peak: number | null }> {
  const child = spawn('npm', ['run', '--silent', 'foresight', '--', ...words], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let peak: number | null = null;
  const watch = setInterval(() => {
    // The launcher, much smaller, outlives what it started: the most of all readings counts.
    const reading = peakMegabytes(child.pid as number);
    if (reading !== null) peak = Math.max(reading, peak ?? 0);
  }, WATCH_MS);
  const exited = once(child, 'exit');
  const output = await text(child.stdout);
  const [code] = await exited;
  clearInterval(watch);
  if (code !== 0) throw new Error(`foresight ${words[0]} ended with ${code}`);
  return { output: JSON.parse(output), peak };
}
