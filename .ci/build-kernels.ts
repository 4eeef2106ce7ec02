// Compiles the AssemblyScript sources shared/trees/kernels/NAME.as into the bytes that ship,
// NAME.wasm.ts. With --check nothing is written: it fails where the bytes are not what the source
// gives. The compiler (100 MB) is fetched on demand and is no dependency of the project.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMPILER = 'assemblyscript@0.28.20';
const FOLDER = join(import.meta.dirname, '..', 'shared', 'trees', 'kernels');
const FLAGS = ['-O3', '--noAssert', '--converge', '--runtime', 'stub', '--enable', 'simd'];

const check = process.argv.includes('--check');
const scratch = mkdtempSync(join(tmpdir(), 'kernels-'));
let stale = 0;
for (const source of readdirSync(FOLDER).filter((file) => file.endsWith('.as'))) {
  const name = source.slice(0, -'.as'.length);
  const shipped = join(FOLDER, `${name}.wasm.ts`);
  const built = moduleText(source, compile(name));
  const same = existsSync(shipped) && readFileSync(shipped, 'utf8') === built;
  if (!same && check) stale++;
  if (!same && !check) writeFileSync(shipped, built);
  console.log(`${same ? 'as it was' : check ? 'STALE    ' : 'built    '} ${name}.wasm.ts`);
}
rmSync(scratch, { recursive: true });
if (stale > 0) console.error('run: npm run kernels');
process.exit(stale === 0 ? 0 : 1);

/** Flags of one kernel alone stand in its first line: `// asc --sharedMemory --maximumMemory 100`. */
function compile(name: string): Buffer {
  const input = join(scratch, `${name}.ts`);
  const output = join(scratch, `${name}.wasm`);
  copyFileSync(join(FOLDER, `${name}.as`), input);
  const own = /^\/\/ asc (.*)/.exec(readFileSync(input, 'utf8'))?.[1]?.split(' ') ?? [];
  const { status } = spawnSync(
    'npx',
    // biome-ignore format: one command
    ['--yes', '--package', COMPILER, 'asc', `${name}.ts`, '--outFile', `${name}.wasm`, '--importMemory', ...FLAGS, ...own],
    { cwd: scratch, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (status !== 0) throw new Error(`${name}.as does not compile`);
  return readFileSync(output);
}

function moduleText(source: string, bytes: Buffer): string {
  const note = `/** Compiled from ${source} by .ci/build-kernels.ts: WebAssembly in base64. */`;
  return `${note}\nexport const WASM =\n  '${bytes.toString('base64')}';\n`;
}
