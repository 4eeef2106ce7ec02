import { BodyTooLarge, InvalidRequest } from '../errors.ts';

export const MAX_BODY_BYTES = 64 * 1024;

/**
 * The JSON of a request's body.
 * @throws BodyTooLarge over 64 KB; InvalidRequest saying where the body stops being JSON
 */
export function parseJson(body: string): unknown {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) {
    throw new BodyTooLarge(`the body has ${bytes} bytes, at most ${MAX_BODY_BYTES} are taken`);
  }
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new InvalidRequest(`the body is not JSON: ${(error as Error).message}`);
  }
}
