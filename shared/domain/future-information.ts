import { FutureInformation } from '../errors.ts';
import type { EnrichedEvent } from '../schemas/event.ts';
import type { SnapshotMark } from '../schemas/snapshot-mark.ts';

const MOST_NAMED = 10;

/**
 * Watches for what training data cannot have known: `enrich` never lets an event happen after its
 * receipt, and the receipt begins its order key. What breaks that was put into the lake by another
 * hand, and would tell earlier rows of later times.
 */
export class FutureWatch {
  readonly #named: string[] = [];
  #count = 0;

  see({ event_id, event_timestamp, received_at, order_key }: EnrichedEvent): void {
    if (event_timestamp > received_at)
      this.#add(`event ${event_id} of ${event_timestamp} was received before, at ${received_at}`);
    else if (!order_key.startsWith(`${received_at}~`))
      this.#add(
        `event ${event_id} was received at ${received_at} and stands at ${order_key.split('~')[0]}`,
      );
  }

  /** A snapshot holds what was received before its midnight, and cannot be visible sooner. */
  seeSnapshot({ entity, date, valid_from }: SnapshotMark): void {
    if (valid_from < Date.parse(date))
      this.#add(
        `the ${entity} snapshot as of ${date} is marked as visible from ${new Date(valid_from).toISOString()}`,
      );
  }

  #add(problem: string): void {
    this.#count++;
    if (this.#named.length < MOST_NAMED) this.#named.push(problem);
  }

  /** @throws FutureInformation naming the first ten */
  refuse(): void {
    if (this.#count === 0) return;
    throw new FutureInformation(
      `${this.#count} rows tell of a time after their own, nothing is trained: ${this.#named.join('; ')}${this.#count > MOST_NAMED ? '; …' : ''}. Remove them from the lake`,
    );
  }
}
