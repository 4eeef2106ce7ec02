import { userFromItem, visitorFromItem } from '../features/item.ts';
import { applyToUser, emptyUser } from '../features/user.ts';
import type { Entities } from '../features/vector.ts';
import { applyToVisitor, describeVisitor, emptyVisitor } from '../features/visitor.ts';
import type { OnlineItem, OnlineStore } from '../ports.ts';
import type { EnrichedEvent } from '../schemas/event.ts';

/** Whom a request is about, in the platform's ids. */
export interface Subject {
  readonly user: string | null;
  /** Partition key of the visitor's events; null: the user's item may name a later visitor. */
  readonly visitor: string | null;
}

/** What is known of the subject at the time of the score. */
export interface Facts {
  readonly entities: Entities;
  readonly visitor: string;
  readonly user: string | null;
  readonly session: string | null;
  /** Time of the newest event in the features, ISO 8601. */
  readonly asOf: string | null;
  readonly isBot: boolean;
  /** The other items that were asked for. */
  readonly items: ReadonlyMap<string, OnlineItem>;
}

/**
 * Reads the subject's items in one batch, with those of `alsoRead`; a second read follows only
 * where the first one names a visitor or user that the request did not.
 * @throws StoreUnavailable, DeadlineExceeded
 */
export async function readFacts(
  store: OnlineStore,
  subject: Subject,
  recent: readonly EnrichedEvent[],
  product: string | null,
  alsoRead: readonly string[],
  signal: AbortSignal,
): Promise<Facts> {
  const items = new Map<string, OnlineItem>();
  const fetch = async (keys: readonly string[]) => {
    for (const [key, item] of await store.read(keys, { signal })) items.set(key, item);
  };
  const userItem = (user: string) => items.get(`user#${user}`);
  const visitorItem = (visitor: string) => items.get(`visitor#${visitor}`);

  // A shop without anonymous ids has its users as visitors.
  const named = subject.visitor ?? (subject.user as string);
  await fetch([
    `visitor#${named}`,
    ...(subject.user === null ? [] : [`user#${subject.user}`]),
    ...(product === null ? [] : [`product#${product}`]),
    ...alsoRead,
  ]);
  const visitor = subject.visitor ?? lastVisitor(userItem(named)) ?? named;
  if (visitor !== named) await fetch([`visitor#${visitor}`]);
  const stored = visitorItem(visitor);
  const state = stored === undefined ? null : visitorFromItem(stored);
  const user = subject.user ?? (state === null ? null : describeVisitor(state).user);
  if (user !== null && user !== subject.user) await fetch([`user#${user}`]);
  const known = user === null ? undefined : userItem(user);
  const entities = withRecent(
    {
      visitor: state,
      user: known === undefined ? null : userFromItem(known),
      product: product === null ? null : (items.get(`product#${product}`)?.state ?? null),
    },
    recent,
  );
  const summary = entities.visitor === null ? null : describeVisitor(entities.visitor);
  return {
    entities,
    visitor,
    user,
    session: summary?.session ?? null,
    asOf: summary?.newestEventAt == null ? null : new Date(summary.newestEventAt).toISOString(),
    isBot: summary?.isBot ?? false,
    items,
  };
}

function lastVisitor(item: OnlineItem | undefined): string | null {
  return item === undefined ? null : userFromItem(item).lastVisitor;
}

/**
 * Folds what the shop has just seen over what the stream has delivered. Nothing is stored: when
 * the stream brings the same events they count once, by their ids.
 */
function withRecent(entities: Entities, recent: readonly EnrichedEvent[]): Entities {
  if (recent.length === 0) return entities;
  const visitor = entities.visitor ?? emptyVisitor();
  let user = entities.user;
  for (const event of recent) {
    const { contribution } = applyToVisitor(visitor, event, null);
    if (contribution === null) continue;
    user ??= emptyUser();
    applyToUser(user, contribution);
  }
  return { ...entities, visitor, user };
}
