import type { Clock, ReceiveTime } from '../ports.ts';

export function openClock(): Clock {
  return { now: () => Date.now() };
}

/** The door's own clock: a `received_at` that a client claims is never believed. */
export function openReceiveTime(): ReceiveTime {
  return () => Date.now();
}
