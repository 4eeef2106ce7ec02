import * as z from 'zod';

const version = z.string().min(1).max(128);

/** Who serves a model's traffic: one item per model, changed only by conditional writes. */
export const routing = z.strictObject({
  model: z.string(),
  champion: version,
  previous: version.nullable(),
  challenger: version.nullable(),
  /** Share of units that the challenger scores, in basis points of the 10,000 buckets. */
  percent_bp: z.number().int().min(0).max(10_000),
  shadows: z.array(version).max(3),
  salt: z.string(),
  epoch: z.number().int().min(0),
  release_execution: z.string().nullable(),
});
export type Routing = z.infer<typeof routing>;
