import { FutureInformation } from '../errors.ts';
import type { EnrichedEvent } from '../schemas/event.ts';

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

  /** A snapshot of a day that holds a row visible before the day was over. */
  seeSnapshot(entity: string, date: string, id: string, validFrom: number): void {
    this.#add(
      `the ${entity} snapshot of ${date} says of ${id} that it was visible at ${new Date(validFrom).toISOString()}`,
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
