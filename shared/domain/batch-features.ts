import type { FeatureValues } from '../schemas/score.ts';
import type { SnapshotRow } from './feature-snapshot.ts';

type Kind = 'user' | 'product';

export interface VisibleRow extends SnapshotRow {
  /** When it became visible online, epoch milliseconds. */
  readonly validFrom: number;
}

interface Visible {
  readonly validFrom: number;
  readonly values: FeatureValues;
}

/**
 * What snapshots told online of users and products, and when: for rows of the past, which may know
 * no more than a score of their moment did.
 */
export class BatchFeatures {
  readonly #histories: { readonly [kind in Kind]: Map<string, Visible[]> } = {
    user: new Map(),
    product: new Map(),
  };

  /** @param row one whose values are those of the row before it may be left out */
  add(kind: Kind, { id, validFrom, values }: VisibleRow): void {
    const history = this.#histories[kind].get(id) ?? [];
    let place = history.length;
    while (place > 0 && (history[place - 1] as Visible).validFrom > validFrom) place--;
    history.splice(place, 0, { validFrom, values });
    this.#histories[kind].set(id, history);
  }

  /**
   * The values of the latest snapshot with `valid_from` at or before a moment; null before the
   * first.
   * @param at epoch milliseconds
   */
  at(kind: Kind, id: string, at: number): FeatureValues | null {
    return (
      this.#histories[kind].get(id)?.findLast(({ validFrom }) => validFrom <= at)?.values ?? null
    );
  }
}
