import { readFileSync } from 'node:fs';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';

interface ServiceFile {
  functions: Record<string, { handler: string }>;
  custom: {
    esbuild: Pick<
      BuildOptions,
      'bundle' | 'minify' | 'platform' | 'target' | 'format' | 'mainFields' | 'conditions' | 'alias'
    >;
  };
}

const { functions, custom } = parse(readFileSync('serverless.yml', 'utf8')) as ServiceFile;

export interface LambdaBundle {
  readonly code: Uint8Array;
  /** Project-relative path of each module in the bundle → its bytes there. */
  readonly modules: ReadonlyMap<string, number>;
  /** Modules that the bundle expects at run time, e.g. `node:crypto`. */
  readonly externals: readonly string[];
}

export const functionNames: readonly string[] = Object.keys(functions);

/** Bundles a function as `serverless package` does: by the `custom.esbuild` of serverless.yml. */
export async function bundleFunction(name: string): Promise<LambdaBundle> {
  const handler = functions[name]?.handler.replace(/\.\w+$/, '.ts') ?? '';
  const { bundle, minify, platform, target, format, mainFields, conditions, alias } =
    custom.esbuild;
  const { metafile, outputFiles } = await build({
    ...{ bundle, minify, platform, target, format, mainFields, conditions, alias },
    entryPoints: [handler],
    outfile: `${name}.cjs`,
    write: false,
    metafile: true,
  } as BuildOptions & { write: false; metafile: true });
  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output?.inputs ?? {});
  return {
    code: outputFiles[0]?.contents ?? new Uint8Array(),
    modules: new Map(inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput])),
    externals: (output?.imports ?? []).map(({ path }) => path),
  };
}
