import type { FeatureValues } from '../schemas/score.ts';
import { applyEvent, emptyValues, type Slot } from './fold-plan.ts';
import { userFold } from './lexicon-folds.ts';
import { compareSequences, laterSequence } from './sequence.ts';
import type { UserContribution } from './visitor.ts';

/** How many visitors of a user are remembered for redelivery. */
export const MAX_USER_VISITORS = 16;

/**
 * Aggregates that come out the same however the contributions of several visitors interleave. A
 * visitor's contributions reach its users before the visitor's own item is written; when that write
 * fails they come again, all of them at or below the sequence number kept here.
 */
export interface UserState {
  values: Slot[];
  /** Highest sequence number applied by visitor, the least recent first; as stored. */
  sequences: Map<string, string>;
  /** The same for contributions applied since the item was read. */
  pendingSequences: Map<string, string>;
  /** The visitor of the contribution with the highest order_key. */
  lastVisitor: string | null;
  lastOrderKey: string;
  /** Newest `received_at` applied, epoch milliseconds. */
  newestReceived: number;
  /** Accumulator keys added to the definitions after the item began, with when. */
  since: Record<string, number>;
  /** What the last batch job wrote, by feature name; null before the first. */
  batch: FeatureValues | null;
}

export function emptyUser(): UserState {
  return {
    values: emptyValues(userFold),
    sequences: new Map(),
    pendingSequences: new Map(),
    lastVisitor: null,
    lastOrderKey: '',
    newestReceived: 0,
    since: {},
    batch: null,
  };
}

/**
 * Adds a contribution to a user's state, in place.
 * @returns false where the stored state already contains it
 */
export function applyToUser(state: UserState, contribution: UserContribution): boolean {
  const { visitor, sequence, orderKey } = contribution;
  if (sequence !== null) {
    const applied = state.sequences.get(visitor);
    if (applied !== undefined && compareSequences(sequence, applied) <= 0) return false;
    const pending = state.pendingSequences.get(visitor) ?? null;
    state.pendingSequences.set(visitor, laterSequence(pending, sequence) as string);
  }
  for (const { type, event, moment } of contribution.occurrences)
    applyEvent(userFold, state.values, type, event, moment);
  if (orderKey > state.lastOrderKey) {
    state.lastOrderKey = orderKey;
    state.lastVisitor = visitor;
  }
  state.newestReceived = Math.max(state.newestReceived, contribution.received);
  return true;
}
