import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { accountFor } from '../../local/accounting.ts';
import { resourceNamed } from '../../local/environment.ts';
import { lakeFolder } from '../../local/lake.ts';
import { startPlatform } from '../../local/platform.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';

vi.setConfig({ testTimeout: 60_000 }); // each starts processes, on a machine that may be busy

const project = join(import.meta.dirname, '../..');
const scratch: string[] = [];
const children = new Set<ChildProcess>();

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
  scratch.push(folder);
  return join(folder, 'data');
}

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  children.clear();
  for (const folder of scratch.splice(0)) rmSync(folder, { recursive: true });
});

function foresight(...words: string[]) {
  const child = spawn(process.execPath, [join(project, 'cli/main.ts'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  return child;
}

async function outcomeOf(child: ReturnType<typeof foresight>) {
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, out, error };
}

interface Ready {
  readonly child: ReturnType<typeof foresight>;
  readonly lines: string[];
  readonly url: string;
  readonly api_key: string;
}

/** Started without the simulated shop, once it has said that it is ready. */
async function started(dataDir: string): Promise<Ready> {
  const child = foresight(
    ...['start', '--port', '0', '--data-dir', dataDir, '--no-simulator', '--json'],
  );
  const lines: string[] = [];
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line));
  await once(output, 'line');
  return { child, lines, ...JSON.parse(lines[0] as string) };
}

async function post({ url, api_key }: Ready, events: object[]): Promise<boolean> {
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': api_key, 'user-agent': '' },
    body: JSON.stringify({ events }),
  });
  return response.status === 202;
}

/** Posts from several clients at once until `enough` events were accepted, and longer. */
function traffic(ready: Ready, name: string, enough: number) {
  const accepted: string[] = [];
  let reached = () => {};
  const wasEnough = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const client = async (_: unknown, index: number) => {
    for (let request = 0; ; request++) {
      const events = Array.from({ length: 10 }, (_, n) => ({
        event_id: `${name}-${index}-${request}-${n}`,
        event_type: n % 4 === 0 ? 'add_to_cart' : 'product_view',
        anonymous_id: `visitor-${(index + request + n) % 20}`,
        user_id: n % 3 === 0 ? `user-${n}` : undefined,
        product_id: `product-${n}`,
        price: n,
      }));
      const taken = await post(ready, events).catch(() => null);
      if (taken === null) return; // the platform is gone
      if (taken) accepted.push(...events.map(({ event_id }) => event_id));
      if (accepted.length >= enough) reached();
    }
  };
  return { accepted, wasEnough, ended: Promise.all(Array.from({ length: 4 }, client)) };
}

function storedIds(dataDir: string): string[] {
  const folder = join(dataDir, 'LakeBucket/bronze/enriched_events');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line).event_id);
}

test('killed amid traffic, it loses no accepted event and counts none twice', async () => {
  const dataDir = freshFolder();
  const accepted: string[] = [];
  for (const name of ['first', 'second']) {
    const ready = await started(dataDir);
    const sent = traffic(ready, name, 500);
    await sent.wasEnough;
    ready.child.kill('SIGKILL');
    await sent.ended;
    accepted.push(...sent.accepted);
  }
  const platform = await startPlatform({ dataDir, port: 0 });
  await platform.drain();
  const online = openOnlineStore(resourceNamed('ONLINE_TABLE'));
  const accounting = await accountFor(lakeFolder(), online);
  await platform.stop();

  expect(accounting).toMatchObject({ exact: true, rejected: 0, late: 0 });
  expect(accounting.accepted).toBeGreaterThanOrEqual(accepted.length);
  expect(accounting.visitors).toEqual({ agreeing: 20, differing: 0, forgotten: 0 });
  const stored = new Set(storedIds(dataDir));
  expect(accepted.filter((id) => !stored.has(id))).toEqual([]);
});

describe('foresight start', () => {
  test('says one line of JSON, and at Ctrl-C finishes what is under way', async () => {
    const dataDir = freshFolder();
    const ready = await started(dataDir);
    expect(JSON.parse(ready.lines[0] as string)).toEqual({
      ready: true,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      api_key: expect.stringMatching(/^fs_/),
    });
    const event = { event_id: 'last', event_type: 'page_view', anonymous_id: 'a' };
    expect(await post(ready, [event])).toBe(true);
    ready.child.kill('SIGINT');
    const [code] = await once(ready.child, 'exit');
    expect(code).toBe(0);
    expect(ready.lines).toHaveLength(1);
    expect(storedIds(dataDir)).toEqual(['last']);
  });

  test('says where and with which key, and what to try', async () => {
    const child = foresight('start', '--port', '0', '--data-dir', freshFolder(), '--no-simulator');
    const [first] = await once(child.stdout, 'data');
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(String(first)).toMatch(/http:\/\/127\.0\.0\.1:\d+\//);
    expect(String(first)).toMatch(/curl .*\/v1\/events/);
    expect(String(first)).toMatch(/curl .*\/v1\/propensity/);
    expect(child.exitCode).toBe(0);
  });

  test('on a port already taken fails with one clear line', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const child = foresight('start', '--port', `${port}`, '--data-dir', freshFolder());
    const { code, out, error } = await outcomeOf(child);
    other.close();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(error).toMatch(new RegExp(`^foresight: port ${port} is already in use: .*\n$`));
  });

  test('on a data directory in use fails with one clear line', async () => {
    const dataDir = freshFolder();
    await started(dataDir);
    const { code, error } = await outcomeOf(
      foresight('start', '--port', '0', '--data-dir', dataDir),
    );
    expect(code).toBe(1);
    expect(error).toMatch(/^foresight: .* is in use by another running platform.*\n$/);
    expect(error).toContain(dataDir);
  });
});

const COMMANDS = [
  ...['start', 'import', 'replay', 'simulate', 'features', 'bad-rows'],
  ...['train', 'backtest', 'models'],
];

describe('the command line', () => {
  test.each([
    ['an unknown command', ['strat'], /unknown command 'strat'/],
    ['an unknown option', ['start', '--prot', '1'], /unknown option '--prot'/],
    ['a port that is none', ['start', '--port', '99999'], /--port 99999/],
    ['a rate that is none', ['start', '--rate', 'NaN'], /--rate NaN/],
  ])('exits with 2 for %s', async (_case, words, message) => {
    const { code, out, error } = await outcomeOf(foresight(...words));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toMatch(message);
  });

  test('--help names every command', async () => {
    const { code, out } = await outcomeOf(foresight('--help'));
    expect(code).toBe(0);
    for (const name of COMMANDS) {
      expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
    }
  });
});
