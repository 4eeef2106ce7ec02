import { WriteConflict } from '../errors.ts';
import {
  userFromItem,
  userItem,
  userKey,
  visitorFromItem,
  visitorItem,
  visitorKey,
} from '../features/item.ts';
import { applyToUser, emptyUser, type UserState } from '../features/user.ts';
import { applyToVisitor, emptyVisitor, type VisitorState } from '../features/visitor.ts';
import type { OnlineItem, OnlineStore } from '../ports.ts';
import type { EnrichedEvent } from '../schemas/event.ts';

/** What one batch read takes. */
const MAX_KEYS = 100;

export interface FoldedEvent {
  readonly disposition: 'processed' | 'late' | 'duplicate';
  /** Processed, though below an order key already processed. */
  readonly outOfOrder: boolean;
}

interface Held<State> {
  readonly version: number;
  readonly state: State;
}

/**
 * Folds events into the online items outside a stream, a batch in one transaction: all its items
 * and the `progress` item are put at once, so an embedded store has all of them or none, and a
 * batch is never applied twice. To be used where nobody else writes.
 *
 * @param events in the order of their source; a visitor's are folded in order_key order
 * @param progress makes the items that record what was done, told it event by event
 * @throws WriteConflict when another writer was there
 */
export async function foldBatch(
  events: readonly EnrichedEvent[],
  store: OnlineStore,
  progress: (folded: readonly FoldedEvent[]) => readonly OnlineItem[],
): Promise<void> {
  const folded: FoldedEvent[] = [];
  const visitors = await heldStates(
    store,
    events.map(({ visitor }) => visitor),
    { key: visitorKey, read: visitorFromItem, empty: emptyVisitor },
  );
  const contributions = [];
  for (const index of inOrder(events)) {
    const event = events[index] as EnrichedEvent;
    const { state } = visitors.get(event.visitor) as Held<VisitorState>;
    const before = state.counters.outOfOrder;
    const { disposition, contribution } = applyToVisitor(state, event, null);
    folded[index] = {
      disposition: disposition === 'redelivered' ? 'duplicate' : disposition,
      outOfOrder: state.counters.outOfOrder > before,
    };
    if (contribution !== null) contributions.push(contribution);
  }
  const users = await heldStates(
    store,
    contributions.map(({ user }) => user),
    { key: userKey, read: userFromItem, empty: emptyUser },
  );
  for (const contribution of contributions) {
    applyToUser((users.get(contribution.user) as Held<UserState>).state, contribution);
  }
  const items = [
    ...[...visitors].map(([id, { state, version }]) => visitorItem(state, id, version + 1)),
    ...[...users].map(([id, { state, version }]) => userItem(state, id, version + 1)),
    ...progress(folded),
  ];
  const written = await Promise.all(items.map((item) => store.write(item)));
  const conflict = written.indexOf('conflict');
  if (conflict >= 0) {
    throw new WriteConflict(
      `${items[conflict]?.key}: something else writes to this data directory, stop it and try again`,
    );
  }
}

/** Indices of the events by order key; equal ones keep their order. */
function inOrder(events: readonly EnrichedEvent[]): readonly number[] {
  const keys = events.map(({ order_key }) => order_key);
  return [...keys.keys()].sort((left, right) => {
    if (keys[left] === keys[right]) return left - right;
    return (keys[left] as string) < (keys[right] as string) ? -1 : 1;
  });
}

async function heldStates<State>(
  store: OnlineStore,
  ids: readonly string[],
  kind: { key(id: string): string; read(item: OnlineItem): State; empty(): State },
): Promise<Map<string, Held<State>>> {
  const held = new Map<string, Held<State>>();
  const distinct = [...new Set(ids)];
  for (let start = 0; start < distinct.length; start += MAX_KEYS) {
    const chunk = distinct.slice(start, start + MAX_KEYS);
    const items = await store.read(chunk.map(kind.key), { consistent: true });
    for (const id of chunk) {
      const item = items.get(kind.key(id));
      held.set(
        id,
        item === undefined
          ? { version: 0, state: kind.empty() }
          : { version: item.version, state: kind.read(item) },
      );
    }
  }
  return held;
}
