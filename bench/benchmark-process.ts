import { BENCHMARKS, type BenchmarkName } from './benchmarks.ts';

/** Runs the benchmark that it is told and sends the results to the process that forked it. */
const { run } = await BENCHMARKS[process.argv[2] as BenchmarkName].load();
process.send?.(await run());
process.disconnect?.();
