import { WASM } from '../kernels/train.wasm.ts';

/** The loops over rows, in WebAssembly: see `kernels/train.as`. Addresses are in bytes. */
export interface TrainingKernels {
  readonly addRows: (
    bins: number,
    pairs: number,
    order: number,
    end: number,
    histogram: number,
    columns: number,
  ) => void;
  readonly subtract: (left: number, right: number, end: number) => void;
  readonly partition: (
    bins: number,
    order: number,
    end: number,
    scratch: number,
    goesLeft: number,
    seenLeft: number,
  ) => number;
  readonly exponentials: (at: number, end: number) => void;
}

export function trainingKernels(memory: WebAssembly.Memory): TrainingKernels {
  const module = new WebAssembly.Module(Buffer.from(WASM, 'base64'));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as TrainingKernels;
}
