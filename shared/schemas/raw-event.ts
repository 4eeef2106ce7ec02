import * as z from 'zod';
import { doorEvent } from './door-event.ts';

/**
 * What the door puts on `raw-events`: the client's event with known fields only, person
 * identifiers already pseudonyms, and beside it what only the door knows.
 */
export const rawEvent = z.strictObject({
  order_key: z.string().min(1).max(256),
  received_at: z.iso.datetime({ precision: 3 }),
  visitor: z.string().min(1).max(128),
  /** 0 at the door; each replay of a bad row counts one up. */
  attempt: z.number().int().min(0),
  event: doorEvent.omit({ user_agent: true }).extend({ event_id: z.string().min(1).max(128) }),
  door: z.strictObject({
    user_agent: z.string().max(512).nullable(),
    /** Network prefix only: /24 of IPv4, /48 of IPv6. */
    ip_network: z.string().max(64).nullable(),
    country: z.string().length(2).nullable(),
  }),
});
export type RawEvent = z.infer<typeof rawEvent>;
