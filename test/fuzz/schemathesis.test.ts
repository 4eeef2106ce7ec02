import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../local/platform.ts';

const PROGRAM = resolve('.venv/fuzz/bin/schemathesis');
const CONFIGURATION = resolve('test/fuzz/schemathesis.toml');
/** Where the program leaves its caches. */
const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ dataDir: join(folder, 'data'), port: 0 });
});
afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true });
});

/** A push is judged by the same requests each time; everybody's own runs send new ones. */
const SEED = process.env['CI'] === 'true' ? ['--seed', '20261121'] : [];

/** Runs every phase and check that applies; its report. */
function fuzz(options: readonly string[]): Promise<{ code: number; report: string }> {
  const document = `${platform.url}/v1/openapi.json`;
  const argv = ['--config-file', CONFIGURATION, 'run', document, '--no-color', ...SEED, ...options];
  return new Promise((done) => {
    execFile(PROGRAM, argv, { cwd: folder, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      done({ code: Number(error?.code ?? 0), report: stdout + stderr });
    });
  });
}

test.each([
  ['with a key of every scope', () => ['--header', `x-api-key: ${platform.apiKey}`]],
  ['without a key', () => []],
])('%s nothing fails and nothing is outside the document', async (_case, options) => {
  const { code, report } = await fuzz(options());
  expect(code, report).toBe(0);
  const [, cases = '0'] = /(\d+) generated/.exec(report) ?? [];
  process.stdout.write(`schemathesis: ${cases} requests\n`);
  expect(Number(cases)).toBeGreaterThan(1000);
});
