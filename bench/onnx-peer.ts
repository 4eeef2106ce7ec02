import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Forest } from '../shared/trees/forest.ts';
import { onnxModel } from './onnx-model.ts';

const FOLDER = join(import.meta.dirname, 'peers');

interface Session {
  run(feeds: Record<string, unknown>): Promise<Record<string, { readonly data: Float32Array }>>;
}

interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<Session>;
  };
  readonly Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => unknown;
}

/** onnxruntime-node on one thread, installed where it is not; null where it cannot be. */
export async function openOnnx(forest: Forest) {
  const runtime = await installed();
  if (runtime === null) return null;
  const session = await runtime.InferenceSession.create(onnxModel(forest), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  /** @param rows row-major, `count` of them */
  return async (rows: Float32Array, count: number): Promise<Float32Array> => {
    const input = new runtime.Tensor('float32', rows, [count, forest.featureCount]);
    const { margins } = await session.run({ rows: input });
    return (margins as { data: Float32Array }).data;
  };
}

async function installed(): Promise<OnnxRuntime | null> {
  const entry = join(FOLDER, 'node_modules', 'onnxruntime-node', 'dist', 'index.js');
  try {
    if (!existsSync(entry))
      // Its script would fetch CUDA; the package has all that a CPU needs.
      execFileSync(
        'npm',
        ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'],
        {
          cwd: FOLDER,
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      );
    return ((await import(entry)) as { default: OnnxRuntime }).default;
  } catch (error) {
    console.error(`onnxruntime-node: ${(error as Error).message}`);
    return null;
  }
}
