import { v7 } from 'uuid';

/**
 * A UUID of version 7 (RFC 9562): sorts by time, so that a decision is found by the day in its id.
 * @param now epoch milliseconds
 * @param random 16 random bytes
 */
export function decisionId(now: number, random: Uint8Array): string {
  return v7({ msecs: now, random });
}
