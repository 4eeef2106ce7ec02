import type { Result } from './report.ts';

export interface Benchmark {
  readonly about: string;
  /** Takes minutes: runs only when it is named. */
  readonly long?: true;
  readonly load: () => Promise<{ run(): Promise<readonly Result[]> }>;
}

/** In the order in which all of them run. */
export const BENCHMARKS = {
  score: {
    about: 'one propensity, the store in memory',
    load: () => import('./score.ts'),
  },
  'trees-evaluate': {
    about: 'margins of a forest, CPU time of one thread',
    load: () => import('./trees-evaluate.ts'),
  },
  'trees-shap': {
    about: 'exact TreeSHAP, CPU time of one thread',
    load: () => import('./trees-shap.ts'),
  },
  'trees-train': {
    about: 'training of a forest beside XGBoost, CPU time of one thread',
    load: () => import('./trees-train.ts'),
  },
  'data-profile': {
    about: 'one pass of data validation over lines in memory, CPU time of one thread',
    load: () => import('./data-profile.ts'),
  },
  'training-rows': {
    about: 'lines of the lake made a training set, CPU time of one thread',
    load: () => import('./training-rows.ts'),
  },
  fold: {
    about: 'batches of 500 stream records folded into online items, the store in memory',
    load: () => import('./fold.ts'),
  },
  'item-sizes': {
    about: 'bytes of the online items (key, state, applied)',
    load: () => import('./item-sizes.ts'),
  },
  'batch-features': {
    about: 'the SQL of user and product features beside queries by hand, 2 M events, one thread',
    load: () => import('./batch-features.ts'),
  },
  'clv-scale': {
    about: 'order lines to a file of customer values; FORESIGHT_BENCH_CUSTOMERS says how many',
    load: () => import('./clv-scale.ts'),
  },
  'online-reads': {
    about: 'feature reads from the embedded store, 1,000 a second for 10 s',
    load: () => import('./online-reads.ts'),
  },
  replay: {
    about: 'foresight replay, as fast as it goes',
    load: () => import('./replay.ts'),
  },
  'api-load': {
    about: 'the embedded API under load from another process',
    load: () => import('./api-load.ts'),
  },
  'sustained-load': {
    about: 'the embedded platform under 1,000 requests a second for 5 minutes',
    long: true,
    load: () => import('./sustained-load.ts'),
  },
  visibility: {
    about: 'how soon a score knows an event',
    load: () => import('./visibility.ts'),
  },
  startup: {
    about: 'npm start on an empty data directory',
    load: () => import('./startup.ts'),
  },
  bundles: {
    about: 'what a cold start loads, function by function',
    load: () => import('./bundles.ts'),
  },
} as const satisfies Record<string, Benchmark>;

export type BenchmarkName = keyof typeof BENCHMARKS;
