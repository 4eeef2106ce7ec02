import { type Interval, percentileInterval } from '../math/percentile-interval.ts';
import type { Gate, MetricInterval } from '../schemas/model.ts';

export type Verdict = Gate['verdict'];

/** Fewer sessions of a class than this say nothing about a group of rows. */
export const MIN_CLASS_SESSIONS = 20;

export function hasEnoughSessions(group: {
  readonly sessions: number;
  readonly buyingSessions: number;
}): boolean {
  return (
    group.buyingSessions >= MIN_CLASS_SESSIONS &&
    group.sessions - group.buyingSessions >= MIN_CLASS_SESSIONS
  );
}

/** A value with the 95 % interval of its draws. */
export function measuredBy(value: number | null, draws: Float64Array | undefined): MetricInterval {
  const interval: Interval | null = draws === undefined ? null : percentileInterval(draws);
  return { value, lower: interval?.lower ?? null, upper: interval?.upper ?? null };
}

/** Whether a benefit is proven: the whole interval at or above the threshold. */
export function provenAtLeast(threshold: number, { value, lower }: MetricInterval): Verdict {
  if (value === null || lower === null) return 'not-enough-data';
  if (lower >= threshold) return 'pass';
  return value < threshold ? 'fail' : 'not-enough-data';
}

/** Whether a harm is absent; it is proven where the whole interval is above the threshold. */
export function harmAtMost(threshold: number, { value, lower }: MetricInterval): Verdict {
  if (value === null || lower === null) return 'not-enough-data';
  if (value <= threshold) return 'pass';
  return lower > threshold ? 'fail' : 'not-enough-data';
}

/** A gate without an interval: a count or a check that admits no chance. */
export function exactGate(
  gate: Pick<Gate, 'name' | 'rule' | 'detail'> & {
    readonly value: number;
    readonly threshold: number;
  },
): Gate {
  return {
    ...gate,
    verdict: gate.value <= gate.threshold ? 'pass' : 'fail',
    required: true,
    lower: null,
    upper: null,
  };
}
