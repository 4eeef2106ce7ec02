import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logger, metrics } from './observability.ts';

/** While a dependency is down every score meets it: a line each would cost more than it tells. */
const LOG_EVERY_MS = 10_000;

/**
 * Counts every failure by its name, and logs the first of each name with its error; those of the
 * next ten seconds are only counted, and told with the next line.
 * @param now epoch milliseconds
 */
export function failureReport(now: () => number): (failure: string, error: Error) => void {
  const logged = new Map<string, { readonly at: number; unlogged: number }>();
  return (failure, error) => {
    metrics.addMetric(failure, MetricUnit.Count, 1);
    const at = now();
    const last = logged.get(failure);
    if (last !== undefined && at - last.at < LOG_EVERY_MS && at >= last.at) {
      last.unlogged++;
      return;
    }
    logger.error(failure, { error, since_last_line: last?.unlogged ?? 0 });
    logged.set(failure, { at, unlogged: 0 });
  };
}
