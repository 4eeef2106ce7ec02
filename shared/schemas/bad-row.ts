import * as z from 'zod';

/** An accepted event that could not become a canonical one, kept with its payload for replay. */
export const badRow = z.strictObject({
  /** `<order_key>~<attempt>`: the same event rejected again after a replay is another bad row. */
  bad_row_id: z.string(),
  order_key: z.string(),
  attempt: z.number().int(),
  rejected_at: z.string(),
  /** Stable code, e.g. `unknown_event_type`, `future_timestamp`, `malformed_record`. */
  reason: z.string(),
  field: z.string().nullable(),
  message: z.string(),
  /** The raw record as it stood on the stream. */
  payload: z.string(),
});
export type BadRow = z.infer<typeof badRow>;

/** That a bad row's record was put to the stream again. */
export const badRowReplay = z.strictObject({ bad_row_id: z.string(), replayed_at: z.string() });
