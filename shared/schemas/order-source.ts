import * as z from 'zod';

const identifier = z.string().regex(/^[A-Za-z_][\w$]*$/, 'is no name of letters, digits and _');

const orderState = z.enum(['bought', 'waiting', 'cancelled']);

/** Which table of a shop's database holds its orders, and what its columns and statuses mean. */
export const orderSource = z.strictObject({
  /** Names what was read of it in the lake. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  /** Two names where it is in a schema: `sales.orders`. */
  table: z.string().regex(/^[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)?$/),
  columns: z.strictObject({
    order: identifier,
    customer: identifier,
    date: identifier,
    amount: identifier,
    /** When the row last changed; with `order` it should have an index. */
    updated: identifier,
    currency: identifier.optional(),
    status: identifier.optional(),
  }),
  /** Amounts in another one are refused: they cannot be added. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  /** What each status says of an order. A status that is not here is refused and counted. */
  statuses: z.record(z.string(), orderState).default({}),
  page_rows: z.number().int().min(1).max(50_000).default(5000),
  /** Rows changed more recently wait: a transaction that began before may still be under way. */
  settle_seconds: z.number().int().min(0).max(3600).default(300),
});
export type OrderSource = z.infer<typeof orderSource>;

/** What opens the database: a secret. */
export const orderDatabase = z.strictObject({
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535).default(5432),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string(),
  /** PEM of the authority that signed the server's certificate, where it is not a public one. */
  ca: z.string().optional(),
  /** Whom the certificate must be for, where that is not `host`. */
  server_name: z.string().optional(),
  /** `verify-ca` does not ask whom the certificate is for. Without TLS nothing is read. */
  tls: z.enum(['verify-full', 'verify-ca']).default('verify-full'),
});
export type OrderDatabase = z.infer<typeof orderDatabase>;

/** An order as it stood when its row was last changed: one line of `bronze/orders`. */
export const importedOrder = z.strictObject({
  source: z.string(),
  order_id: z.string(),
  /** Pseudonym. */
  user_id: z.string(),
  /** ISO 8601 UTC. */
  order_date: z.string(),
  amount: z.number(),
  currency: z.string(),
  state: orderState,
  /** ISO 8601 UTC with microseconds: sorts as text. */
  updated_at: z.string(),
});
export type ImportedOrder = z.infer<typeof importedOrder>;
