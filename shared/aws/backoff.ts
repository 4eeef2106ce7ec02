import { setTimeout as sleep } from 'node:timers/promises';

const BASE_MS = 25;

/** Waits before a retry, exponentially with full jitter: 0–25 ms, 0–50 ms, … Rejects on abort. */
export async function backoff(retry: number, signal?: AbortSignal): Promise<void> {
  await sleep(Math.random() * BASE_MS * 2 ** retry, undefined, signal ? { signal } : {});
}
