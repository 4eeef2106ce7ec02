import * as z from 'zod';
import { dataProfile } from './data-profile.ts';
import { expectation } from './expectation.ts';

/** `not-judged`: the data, or the want of an accepted set, leaves nothing to measure. */
const VERDICTS = ['pass', 'warn', 'halt', 'not-judged'] as const;

const finding = z.strictObject({
  name: z.string(),
  verdict: z.enum(VERDICTS),
  expectation,
  /** Null where not judged. */
  value: z.number().nullable(),
  /** What was measured, in words: the field, the day. */
  detail: z.string(),
  examples: z.array(z.strictObject({ day: z.string(), id: z.string() })),
  /** What to do about it; null unless something is wrong. */
  advice: z.string().nullable(),
});
export type Finding = z.infer<typeof finding>;

export const validationReport = z.strictObject({
  /** The worst of the findings. */
  verdict: z.enum(['pass', 'warn', 'halt']),
  /** ISO 8601 UTC: when freshness was judged. */
  as_of: z.string(),
  /** Of the accepted set that it was compared with, or null for a first one. */
  accepted_digest: z.string().nullable(),
  findings: z.array(finding),
  profile: dataProfile,
});
export type ValidationReport = z.infer<typeof validationReport>;

/** The pointer to the set that training accepted last. */
export const acceptedData = z.strictObject({
  /** Hex SHA-256 of the events. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Hex SHA-256 of the report's file. */
  report: z.string().regex(/^[0-9a-f]{64}$/),
});
