import { BUCKETS, bucket } from '../bucket.ts';

/** The part of `parts` that everything about a customer is gathered in. */
export function partOf(customer: string, parts: number): number {
  return Math.floor((bucket('clv-part', customer) * parts) / BUCKETS);
}
