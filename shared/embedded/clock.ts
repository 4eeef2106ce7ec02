import type { Clock, ReceiveTime } from '../ports.ts';

/** Time that stands still until it is told to go on. Replay drives one. */
export interface LogicalClock extends Clock {
  /** Goes forward to epoch milliseconds; never back. */
  advanceTo(time: number): void;
  /** Gives the process back to the machine's clock. */
  end(): void;
}

let logical: { now: number } | undefined;

export function openClock(): Clock {
  return { now: () => logical?.now ?? Date.now() };
}

/** Puts the whole process on a logical clock that begins at epoch milliseconds. */
export function runOnLogicalClock(start: number): LogicalClock {
  const clock = { now: start };
  logical = clock;
  return {
    now: () => clock.now,
    advanceTo: (time) => {
      clock.now = Math.max(clock.now, time);
    },
    end: () => {
      if (logical === clock) logical = undefined;
    },
  };
}

/**
 * Live: this machine's time. On a logical clock: the event's own `received_at`, else its
 * `event_timestamp`, else the clock's time.
 */
export function openReceiveTime(): ReceiveTime {
  return (event) => {
    if (logical === undefined) return Date.now();
    return sourceTime(event) ?? logical.now;
  };
}

function sourceTime(event: unknown): number | null {
  const { received_at, event_timestamp } = (event ?? {}) as Record<string, unknown>;
  for (const text of [received_at, event_timestamp]) {
    const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(time)) return time;
  }
  return null;
}
