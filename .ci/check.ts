// Format, lint, types of both worlds, import boundaries, unused code: all of them run, then the
// verdict.
import { spawnSync } from 'node:child_process';

const CHECKS: readonly (readonly [string, readonly string[]])[] = [
  ['format and lint', ['biome', 'check', '--error-on-warnings', '.']],
  ['types, embedded', ['tsc', '-p', 'tsconfig.json']],
  ['types, Lambda', ['tsc', '-p', 'tsconfig.lambda.json']],
  ['import boundaries', ['depcruise', 'functions', 'shared', 'local', 'cli', 'bench', 'test']],
  ['unused code', ['knip']],
];

let failed = 0;
for (const [name, [command = '', ...args]] of CHECKS) {
  const { status } = spawnSync('npx', ['--no-install', command, ...args], { stdio: 'inherit' });
  if (status !== 0) failed++;
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}`);
}
process.exit(failed === 0 ? 0 : 1);
