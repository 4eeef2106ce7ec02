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
 * Live: this machine's time. On a logical clock: the event's own `received_at`, which a replay
 * gives, else the clock's time. An `event_timestamp` is the client's word even there.
 */
export function openReceiveTime(): ReceiveTime {
  return (event) => {
    if (logical === undefined) return Date.now();
    return sourceTime(event) ?? logical.now;
  };
}

function sourceTime(event: unknown): number | null {
  const { received_at } = (event ?? {}) as Record<string, unknown>;
  const time = typeof received_at === 'string' ? Date.parse(received_at) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
