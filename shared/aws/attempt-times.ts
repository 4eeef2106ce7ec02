import { backoff } from './backoff.ts';

/**
 * Runs `attempt` up to a number of times, with full jitter between, as long as the signal lets it.
 * Rejects with the last error.
 */
export async function attemptTimes<Answer>(
  attempts: number,
  attempt: () => Promise<Answer>,
  signal?: AbortSignal,
): Promise<Answer> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (count === attempts || signal?.aborted) throw error;
    }
    await backoff(count, signal);
  }
}
