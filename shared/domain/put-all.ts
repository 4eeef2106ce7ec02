import { DeadlineExceeded, StreamUnavailable } from '../errors.ts';

/** How often and how far apart failed entries are tried again. */
export interface RetryRules {
  readonly attempts: number;
  /** Milliseconds before the first retry; doubles each time, with full jitter. */
  readonly baseDelay: number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** What `PutRecords` and `PutRecordBatch` take at most in one call. */
const MAX_ENTRIES = 500;

/**
 * Puts all entries in calls of at most 500, trying only the failed ones again.
 * @returns for each entry null when it is durable, else the last error code
 */
export async function putAll<Entry>(
  put: (entries: readonly Entry[]) => Promise<readonly (string | null)[]>,
  entries: readonly Entry[],
  retry: RetryRules,
): Promise<(string | null)[]> {
  const outcome = new Array<string | null>(entries.length).fill('NotAttempted');
  let pending = entries.map((_, index) => index);
  for (let attempt = 0; pending.length > 0 && attempt < retry.attempts; attempt++) {
    if (attempt > 0) await retry.sleep(retry.random() * retry.baseDelay * 2 ** (attempt - 1));
    for (let start = 0; start < pending.length; start += MAX_ENTRIES) {
      const chunk = pending.slice(start, start + MAX_ENTRIES);
      const results = await putOrFail(
        put,
        chunk.map((index) => entries[index] as Entry),
      );
      for (const [position, index] of chunk.entries()) {
        const result = results[position];
        outcome[index] = result === undefined ? 'NoResult' : result;
      }
    }
    pending = pending.filter((index) => outcome[index] !== null);
  }
  return outcome;
}

/** A call that failed as a whole is a failure of each of its entries, and as retryable. */
async function putOrFail<Entry>(
  put: (entries: readonly Entry[]) => Promise<readonly (string | null)[]>,
  entries: readonly Entry[],
): Promise<readonly (string | null)[]> {
  try {
    return await put(entries);
  } catch (error) {
    if (error instanceof StreamUnavailable || error instanceof DeadlineExceeded)
      return entries.map(() => error.name);
    throw error;
  }
}
