import {
  productFromItem,
  productItemKey,
  userFromItem,
  userKey,
  visitorFromItem,
  visitorKey,
} from '../features/item.ts';
import { applyToUser, emptyUser } from '../features/user.ts';
import { currentSession, type FeatureEntities } from '../features/vector.ts';
import {
  applyToVisitor,
  emptyVisitor,
  isForgotten,
  sessionId,
  type VisitorState,
} from '../features/visitor.ts';
import type { OnlineItem, OnlineStore } from '../ports.ts';
import type { ClvTier } from '../schemas/decision-policy.ts';
import type { EnrichedEvent } from '../schemas/event.ts';
import { clvKey, tierFromItem } from './clv-publication/online-values.ts';

/** Whom and what a request is about, in the platform's ids. One of user and visitor is known. */
export interface Subject {
  readonly user: string | null;
  /** Partition key of the visitor's events; null: the user's item may name a later visitor. */
  readonly visitor: string | null;
  /** The shop's own session id. */
  readonly clientSession: string | null;
  readonly product: string | null;
  /** What the shop has just seen and the stream may not have delivered. */
  readonly recent: readonly EnrichedEvent[];
}

/** What is known of the subject at the time of the score. */
export interface Facts {
  readonly entities: FeatureEntities;
  readonly visitor: string;
  readonly user: string | null;
  readonly session: string | null;
  /** Time of the newest event in the features, ISO 8601. */
  readonly asOf: string | null;
  readonly isBot: boolean;
  /** Of the published value; `unknown` before the first week. */
  readonly tier: ClvTier;
  /** Every item read, by key. */
  readonly items: ReadonlyMap<string, OnlineItem>;
}

/**
 * Reads the subject's items in one batch, with those of `alsoRead`; a second read follows only
 * where the first one names a visitor or user that the request did not.
 * @param now epoch milliseconds
 * @throws StoreUnavailable, DeadlineExceeded
 */
export async function readFacts(
  store: OnlineStore,
  subject: Subject,
  alsoRead: readonly string[],
  now: number,
  signal: AbortSignal,
): Promise<Facts> {
  const items = new Map<string, OnlineItem>();
  const read = async (keys: readonly string[]) => {
    for (const [key, item] of await store.read(keys, { signal })) items.set(key, item);
  };
  const { product } = subject;
  // A shop without anonymous ids has its users as visitors.
  const named = subject.visitor ?? (subject.user as string);
  await read([
    visitorKey(named),
    ...(subject.user === null ? [] : [userKey(subject.user), clvKey(subject.user)]),
    ...(product === null ? [] : [productItemKey(product)]),
    ...alsoRead,
  ]);

  const visitor = subject.visitor ?? lastVisitor(items.get(userKey(named))) ?? named;
  if (visitor !== named) await read([visitorKey(visitor)]);
  const visitorItem = items.get(visitorKey(visitor));
  const state = visitorItem === undefined ? null : rememberedVisitor(visitorItem, now);

  const user = subject.user ?? state?.user ?? null;
  if (user !== null && user !== subject.user) await read([userKey(user), clvKey(user)]);
  const userItem = user === null ? undefined : items.get(userKey(user));
  const productItem = product === null ? undefined : items.get(productItemKey(product));

  const entities = withRecent(
    {
      visitor: state === null ? null : inClientSession(state, subject.clientSession),
      user: userItem === undefined ? null : userFromItem(userItem),
      product: productItem === undefined ? null : productFromItem(productItem),
    },
    subject.recent,
  );
  const session = currentSession(entities.visitor, now);
  return {
    entities,
    visitor,
    user,
    session: session === null ? null : sessionId(visitor, entities.visitor as VisitorState),
    asOf: session === null ? null : new Date(session.newest).toISOString(),
    isBot: session?.inhuman ?? false,
    tier: user === null ? 'unknown' : tierFromItem(items.get(clvKey(user))),
    items,
  };
}

/** An item that no sweep has deleted yet may be of a visitor who is to be forgotten. */
function rememberedVisitor(item: OnlineItem, now: number): VisitorState | null {
  const state = visitorFromItem(item);
  return isForgotten(state, now) ? null : state;
}

function lastVisitor(item: OnlineItem | undefined): string | null {
  return item === undefined ? null : userFromItem(item).lastVisitor;
}

/** A shop that names another session than the stored one has begun a new one. */
function inClientSession(state: VisitorState, clientSession: string | null): VisitorState {
  const stored = state.session?.clientId ?? null;
  const isOver = clientSession !== null && stored !== null && clientSession !== stored;
  return isOver ? { ...state, session: null } : state;
}

/**
 * Folds what the shop has just seen over what the stream has delivered. Nothing is stored: when
 * the stream brings the same events they count once, by their ids.
 */
function withRecent(entities: FeatureEntities, recent: readonly EnrichedEvent[]): FeatureEntities {
  if (recent.length === 0) return entities;
  const visitor = entities.visitor ?? emptyVisitor();
  let { user } = entities;
  for (const event of recent) {
    const { contribution } = applyToVisitor(visitor, event, null);
    if (contribution === null) continue;
    user ??= emptyUser();
    applyToUser(user, contribution);
  }
  return { ...entities, visitor, user };
}
