import { ServiceUnavailable, StoreUnavailable, StreamUnavailable } from '../errors.ts';

/**
 * Names what the data directory refused as the port of a service does.
 * @throws ServiceUnavailable in the stead of StoreUnavailable and StreamUnavailable
 */
export async function asService<Answer>(run: () => Promise<Answer>): Promise<Answer> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof StreamUnavailable)) throw error;
    throw new ServiceUnavailable(error.message, { cause: error });
  }
}
