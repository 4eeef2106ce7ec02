import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const ROOT = join(import.meta.dirname, '..');
const API_TIMEOUT_MS = 30_000;

/** A platform in a process of its own, on a data directory of its own. */
export interface PlatformProcess {
  readonly url: string;
  readonly apiKey: string;
  /** From spawning the process to its line that says it can be used. */
  readonly readyMilliseconds: number;
  /** As `peakMegabytes` below. */
  peakMegabytes(): number | null;
  /** The same of what it has resident now. */
  residentMegabytes(): number | null;
}

/**
 * Runs `work` beside a platform that `npm start` has started, and ends it in any case.
 * @param flags of `foresight start`
 */
export async function withPlatform<Value>(
  dataDir: string,
  flags: readonly string[],
  work: (platform: PlatformProcess) => Promise<Value>,
): Promise<Value> {
  const own = ['--data-dir', dataDir, '--port', '0', '--json'];
  const begun = performance.now();
  const child = spawn('npm', ['start', '--silent', '--', ...own, ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true, // a group of its own: npm passes no signal on
  });
  const pid = child.pid as number;
  // Comes when the last of the group has let go of the output, npm being the first to end.
  const closed = once(child, 'close');
  const end = () => process.kill(-pid, 'SIGTERM');
  process.once('exit', end);
  try {
    const { url, api_key: apiKey } = await readyLine(child.stdout);
    const readyMilliseconds = performance.now() - begun;
    return await work({
      url,
      apiKey,
      readyMilliseconds,
      peakMegabytes: () => peakMegabytes(pid),
      residentMegabytes: () => megabytesOf(pid, 'VmRSS'),
    });
  } finally {
    process.off('exit', end);
    end();
    await closed;
  }
}

async function readyLine(output: Readable): Promise<{ url: string; api_key: string }> {
  let ready: { url: string; api_key: string } | undefined;
  for await (const line of createInterface(output)) {
    if (!line.startsWith('{')) continue;
    ready = JSON.parse(line);
    break;
  }
  output.resume();
  if (ready === undefined) throw new Error('the platform ended before it was ready');
  return ready;
}

/**
 * Most memory that a process has ever had resident, MB; null where the system does not say. Of a
 * launcher (npm, a shell, launch.mjs) it is that of the process which it has started in the end.
 */
export function peakMegabytes(pid: number): number | null {
  return megabytesOf(pid, 'VmHWM');
}

function megabytesOf(pid: number, field: 'VmHWM' | 'VmRSS'): number | null {
  const folder = `/proc/${pid}`;
  if (!existsSync(folder)) return null;
  const [child] = readFileSync(`${folder}/task/${pid}/children`, 'utf8').trim().split(' ');
  if (child) return megabytesOf(Number(child), field);
  const status = readFileSync(`${folder}/status`, 'utf8');
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return kilobytes === undefined ? null : (Number(kilobytes) * 1024) / 1e6;
}

/** @throws Error for any answer but the expected one */
export async function post<Answer>(
  { url, apiKey }: Pick<PlatformProcess, 'url' | 'apiKey'>,
  path: string,
  body: unknown,
  expected: 200 | 202,
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(API_TIMEOUT_MS),
  });
  const text = await response.text();
  if (response.status !== expected) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer;
}
