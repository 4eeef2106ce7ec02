import * as z from 'zod';

const day = z.iso.date();
const entity = z.enum(['user', 'product']);

/** What an execution of the machine is started with. */
export const batchFeaturesRequest = z.strictObject({
  /** Midnight UTC that the snapshots are as of. */
  date: day,
  /** Days without a folder of events that are known to have had none. */
  empty_days: z.array(day).default([]),
});
export type BatchFeaturesRequest = z.infer<typeof batchFeaturesRequest>;

/** Which of its texts the machine asks for. */
export const wantedStatements = z.discriminatedUnion('of', [
  z.object({ of: z.literal('tables') }),
  z.object({ of: z.literal('day'), day }),
  z.object({ of: z.literal('snapshot'), entity, date: day }),
  z.object({ of: z.literal('export'), entity, date: day }),
]);

/** What Athena answered to a survey: the place of its CSV. */
const survey = { location: z.string() };

export const surveyed = z.discriminatedUnion('of', [
  z.object({ of: z.literal('day'), day, ...survey }),
  z.object({
    of: z.literal('snapshots'),
    date: day,
    surveys: z.array(z.object({ entity, ...survey })),
  }),
]);

export const exported = z.object({ prefix: z.string() });

export const part = z.object({ entity, date: day, key: z.string() });

export const marked = z.discriminatedUnion('of', [
  z.object({ of: z.literal('day'), day }),
  z.object({
    of: z.literal('snapshot'),
    entity,
    date: day,
    /** Of the files that Athena has unloaded. */
    prefix: z.string(),
    source: z.enum(['load', 'assumed']),
  }),
]);

/** One thing that was held against a snapshot. */
const snapshotFinding = z.strictObject({
  entity,
  name: z.string(),
  /** `not-judged`: there are too few snapshots before it to compare with. */
  verdict: z.enum(['pass', 'halt', 'not-judged']),
  detail: z.string(),
});
export type SnapshotFinding = z.infer<typeof snapshotFinding>;

/** How an execution ended that loaded nothing, or not all. */
export const failedRun = z.object({
  date: z.string(),
  failure: z.union([
    z.object({ halted: z.array(snapshotFinding) }),
    z.object({ Error: z.string(), Cause: z.string().default('') }),
  ]),
});
export type FailedRun = z.infer<typeof failedRun>;
