import * as z from 'zod';

/** Says that the snapshot of a date was visible online, and since when. */
export const snapshotMark = z.strictObject({
  entity: z.enum(['user', 'product']),
  /** Its midnight, YYYY-MM-DD. */
  date: z.iso.date(),
  /** When its last item was written, epoch milliseconds. */
  valid_from: z.int(),
  /** `assumed`: made for a day that has passed and never loaded, so no load recorded a time. */
  source: z.enum(['load', 'assumed']),
});
export type SnapshotMark = z.infer<typeof snapshotMark>;
