import { DeadlineExceeded } from '../errors.ts';

/**
 * Runs a call of an AWS service that ends with the caller's signal, and names its failure:
 * DeadlineExceeded where the signal ended it, else the given error; the original is the `cause`.
 *
 * @param what the call in words for the message, e.g. `PutRecords on foresight-dev-raw`
 */
export async function call<Answer>(
  what: string,
  Unavailable: new (message: string, options: ErrorOptions) => Error,
  send: (options: { abortSignal?: AbortSignal }) => Promise<Answer>,
  signal?: AbortSignal,
): Promise<Answer> {
  try {
    return await send(signal ? { abortSignal: signal } : {});
  } catch (error) {
    if (signal?.aborted)
      throw new DeadlineExceeded(`${what} did not answer within its deadline`, { cause: error });
    throw new Unavailable(`${what} failed: ${error}`, { cause: error });
  }
}
