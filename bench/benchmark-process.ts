import { BENCHMARKS, type BenchmarkName } from './benchmarks.ts';

/** Runs the benchmark that it is told and sends the results to the process that forked it. */

// Given up: exit handlers end what the benchmark has started.
const giveUp = () => process.exit(1);
process.on('SIGINT', giveUp).on('SIGTERM', giveUp).on('disconnect', giveUp);

const { run } = await BENCHMARKS[process.argv[2] as BenchmarkName].load();
const results = await run();
process.off('disconnect', giveUp);
process.send?.(results, () => process.disconnect());
