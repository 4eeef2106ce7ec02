import { type BatchValues, productItemKey, userItem, visitorItem } from '../features/item.ts';
import type { UserState } from '../features/user.ts';
import type { VisitorState } from '../features/visitor.ts';
import type { OnlineItem } from '../ports.ts';
import type { EnrichedEvent } from '../schemas/event.ts';

/** What the online store would have held when a row was made. */
export interface ServedState {
  readonly row: number;
  /** The row's event, the last one in the items. */
  readonly event: EnrichedEvent;
  readonly visitor: OnlineItem;
  readonly user: OnlineItem | null;
  /** Of the event's product. */
  readonly product: OnlineItem | null;
}

const SIZE = 500;

/**
 * Keeps the stored items of a uniform sample of the rows, to score them as serving would.
 *
 * Source: Vitter (1985), "Random sampling with a reservoir", algorithm R.
 */
export class ServingSample {
  readonly #random: () => number;
  readonly #states: ServedState[] = [];
  #seen = 0;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** A row as it is made; the states may change afterwards. */
  offer(
    row: number,
    event: EnrichedEvent,
    visitor: VisitorState,
    user: UserState | null,
    product: BatchValues | null,
  ): void {
    const place = Math.floor(this.#random() * ++this.#seen);
    const filled = this.#states.length;
    if (filled === SIZE && place >= SIZE) return;
    this.#states[filled < SIZE ? filled : place] = {
      row,
      event,
      visitor: visitorItem(visitor, event.visitor, 1),
      user: user === null || visitor.user === null ? null : userItem(user, visitor.user, 1),
      product:
        product === null || event.product_id === null
          ? null
          : { key: productItemKey(event.product_id), version: 1, state: JSON.stringify(product) },
    };
  }

  /** In row order. */
  states(): readonly ServedState[] {
    return this.#states.toSorted((a, b) => a.row - b.row);
  }
}
