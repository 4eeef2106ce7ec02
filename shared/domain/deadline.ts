import { DeadlineExceeded } from '../errors.ts';

export interface Deadline {
  /** Aborts when time is up. */
  readonly signal: AbortSignal;
  /** Says that nothing waits for it any more. */
  done(): void;
}

/** Settles with the work, or rejects with DeadlineExceeded once time is up. */
export async function withinDeadline<Value>(
  { signal, done }: Deadline,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const expire = () => late.reject(new DeadlineExceeded('no answer within the deadline'));
  signal.addEventListener('abort', expire, { once: true });
  try {
    return await Promise.race([work(signal), late.promise]);
  } finally {
    signal.removeEventListener('abort', expire);
    done();
  }
}
