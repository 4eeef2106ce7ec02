import * as z from 'zod';

const MAX_SUBJECT = 100;
const MAX_BODY_BYTES = 256 * 1024;

/** Subject and body as every means of notification takes them: SNS refuses anything else whole. */
export const notice = z.object({
  subject: z.string().transform((text) =>
    text
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .replace(/[^\x20-\x7e]/gu, '?')
      .trim()
      .slice(0, MAX_SUBJECT),
  ),
  body: z.string().transform((text) => {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length <= MAX_BODY_BYTES) return text;
    // With `stream`, the decoder leaves out a last character of which bytes are missing.
    return new TextDecoder().decode(bytes.subarray(0, MAX_BODY_BYTES), { stream: true });
  }),
});
