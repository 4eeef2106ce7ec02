import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { readServiceFile } from '../local/service-file.ts';
import type { Result, Row } from './report.ts';
import { interleaved } from './rounds.ts';
import { sampleOf } from './sample.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..');
const SDK = /node_modules\/@(?:aws-sdk|smithy|aws-crypto|aws)\//;
const TARGETS: Readonly<Record<string, { kilobytes: number; milliseconds: number }>> = {
  score: { kilobytes: 700, milliseconds: 150 },
};

/** What of serverless.yml says how bundles are made. */
interface Service {
  readonly functions: Readonly<Record<string, { readonly handler: string }>>;
  readonly custom: { readonly esbuild: BuildOptions & PluginOptions };
}

/** Options of serverless-esbuild that are none of esbuild's. */
interface PluginOptions {
  readonly outputFileExtension?: string;
  readonly exclude?: readonly string[];
  readonly skipRebuild?: boolean;
}

interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly gzipped: number;
  readonly sdkBytes: number;
}

export function run(): Promise<readonly Result[]> {
  return inTemporaryFolder(async (folder) => {
    const bundles = await makeBundles(folder);
    const empty = join(folder, 'empty.cjs');
    writeFileSync(empty, 'exports.handler = async () => ({});\n');
    const tasks = [...bundles, { name: 'empty', file: empty }].map(
      ({ name, file }) => [name, () => coldLoad(file)] as const,
    );
    const loads = await interleaved(Object.fromEntries(tasks), { warmUp: 1, rounds: 9 });
    const loadOf = (name: string) => rowOfLoad(name, loads[name] as number[]);
    return [...bundles.flatMap(rowsOfSize), ...tasks.map(([name]) => loadOf(name))];
  });
}

/** Bundles every function as `serverless package` does: with the options of serverless.yml. */
async function makeBundles(folder: string): Promise<Bundle[]> {
  const service = readServiceFile(join(ROOT, 'serverless.yml'), 'prod') as Service;
  const {
    outputFileExtension = '.js',
    exclude = [],
    skipRebuild: _,
    ...options
  } = service.custom.esbuild;
  return Promise.all(
    Object.entries(service.functions).map(async ([name, { handler }]) => {
      const file = join(folder, `${name}${outputFileExtension}`);
      const { metafile } = await build({
        ...options,
        entryPoints: [join(ROOT, handler.replace(/\.\w+$/, '.ts'))],
        absWorkingDir: ROOT,
        external: [...exclude],
        outfile: file,
        metafile: true,
        logLevel: 'error',
      });
      const code = readFileSync(file);
      return {
        name,
        file,
        bytes: code.byteLength,
        gzipped: gzipSync(code).byteLength,
        sdkBytes: sdkShare(metafile),
      };
    }),
  );
}

function sdkShare({ outputs }: Metafile): number {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs
    .filter(([path]) => SDK.test(path))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
}

/** Milliseconds to load a bundle in a process that has loaded nothing else, as Lambda's init does. */
function coldLoad(file: string): number {
  const script = `const begun = performance.now();
    require(${JSON.stringify(file)});
    process.stdout.write(String(performance.now() - begun));`;
  const { NODE_COMPILE_CACHE: _, NODE_OPTIONS: __, ...env } = process.env;
  return Number(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' }));
}

function rowsOfSize({ name, bytes, gzipped, sdkBytes }: Bundle): Row[] {
  const target = TARGETS[name];
  const row = (part: string, value: number): Row => ({
    name: `${name}: ${part}`,
    unit: 'KB',
    sample: sampleOf([value / 1000]),
  });
  return [
    {
      ...row('bundle', bytes),
      ...(target === undefined ? {} : { target: { most: target.kilobytes } }),
    },
    row('of it the AWS SDK', sdkBytes),
    row('bundle, gzip', gzipped),
  ];
}

function rowOfLoad(name: string, milliseconds: readonly number[]): Row {
  const target = TARGETS[name];
  return {
    name: name === 'empty' ? 'cold load of an empty function' : `${name}: cold load`,
    unit: 'ms',
    sample: sampleOf(milliseconds),
    ...(target === undefined ? {} : { target: { most: target.milliseconds } }),
  };
}
