import * as z from 'zod';

/** Who let a version serve, and why; one object each beside the model's versions. */
export const promotion = z.strictObject({
  model: z.string(),
  version: z.string(),
  /** What served before; null: the has-cart rule. */
  previous: z.string().nullable(),
  by: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** Why a version that is no candidate serves all the same; null where it is one. */
  override: z.string().nullable(),
  /** What the registry says against it. */
  objection: z.string().nullable(),
});
export type Promotion = z.infer<typeof promotion>;
