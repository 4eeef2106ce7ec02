import { DeadlineExceeded, StoreUnavailable, StreamUnavailable } from '../errors.ts';
import type { StreamEntry } from '../ports.ts';
import type { StreamLog } from './stream-log.ts';

/** All entries in one transaction: embedded, a call succeeds or fails as a whole. */
export async function putDurably(
  log: StreamLog,
  entries: readonly StreamEntry[],
  signal: AbortSignal | undefined,
): Promise<readonly null[]> {
  if (signal?.aborted) throw new DeadlineExceeded('the put was given up before it began');
  try {
    await log.append(entries);
  } catch (error) {
    if (error instanceof StoreUnavailable) {
      throw new StreamUnavailable(error.message, { cause: error });
    }
    throw error;
  }
  return new Array<null>(entries.length).fill(null);
}
