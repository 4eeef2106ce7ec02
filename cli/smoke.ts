import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { apiOf, numberOf } from '../local/operate/flags.ts';
import { type SmokeCheck, smoke } from '../local/operate/smoke.ts';

export function register(program: Command): void {
  program
    .command('smoke')
    .description('whether a running API does what it must, deployed or here; ends with 1 where not')
    .requiredOption('--url <address>', 'of the API')
    .option('--key <key>', 'with scopes collect and score; better in FORESIGHT_API_KEY')
    .option('--within <seconds>', 'how soon a score must know an event', '15')
    .option('--json', 'one JSON document')
    .action(run);
}

interface Flags {
  readonly url: string;
  readonly key?: string;
  readonly within: string;
  readonly json?: boolean;
}

async function run(flags: Flags): Promise<void> {
  const withinMs = numberOf('--within', flags.within, (n) => n > 0 && n <= 600) * 1000;
  const api = apiOf(flags);
  const tell = (check: SmokeCheck) => {
    if (!flags.json) process.stdout.write(`${lineOf(check)}\n`);
  };
  const checks = await smoke({ api, withinMs, run: randomUUID() }, tell);
  const passed = checks.every((check) => check.passed);
  if (flags.json) process.stdout.write(`${JSON.stringify({ url: api.url, passed, checks })}\n`);
  if (!passed) process.exitCode = 1;
}

function lineOf({ name, passed, detail, milliseconds }: SmokeCheck): string {
  return `${passed ? 'ok  ' : 'FAIL'}  ${name.padEnd(44)} ${detail} (${milliseconds} ms)`;
}
