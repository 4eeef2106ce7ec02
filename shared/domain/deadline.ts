import { DeadlineExceeded } from '../errors.ts';

/** Settles with the work, or rejects with DeadlineExceeded once the signal aborts. */
export function withinDeadline<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  if (signal.aborted) return Promise.reject(new DeadlineExceeded('the deadline had passed'));
  return new Promise((resolve, reject) => {
    const expire = () => reject(new DeadlineExceeded('no answer within the deadline'));
    signal.addEventListener('abort', expire, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', expire));
  });
}
