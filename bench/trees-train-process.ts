import { trainForest } from '../shared/trees/train.ts';
import { syntheticRows } from './training-sets.ts';

/** Trains once and prints what it took: CPU seconds, and the peak of the whole process's memory. */
const [rows, columns, depth, trees] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
];
const data = syntheticRows(rows, columns, 1);
const before = process.cpuUsage();
await trainForest(data, {
  objective: 'binary:logistic',
  trees,
  learningRate: 0.1,
  maxDepth: depth,
});
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  JSON.stringify({
    cpuSeconds: (user + system) / 1e6,
    peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6,
  }),
);
