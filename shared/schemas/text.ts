import * as z from 'zod';
import { MAX_ID_BYTES } from './event.ts';

/** An id of the shop's. It becomes a key of streams and stores, so it has to be Unicode text. */
export const shopId = z
  .string()
  .min(1)
  .max(MAX_ID_BYTES)
  .refine((value) => value.isWellFormed() && Buffer.byteLength(value) <= MAX_ID_BYTES, {
    error: `must be Unicode text of at most ${MAX_ID_BYTES} bytes of UTF-8`,
  });

/** Free text of a shop's. Half a surrogate pair, as a cut through an emoji leaves, becomes U+FFFD. */
export function freeText(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .overwrite((value) => value.toWellFormed());
}
