import * as z from 'zod';

/** RFC 9457 problem document; `type` is stable, `field` names the offending part where one is. */
export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  field: z.string().optional(),
});
export type Problem = z.infer<typeof problem>;
