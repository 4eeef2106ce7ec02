import {
  DeadlineExceeded,
  ItemTooLarge,
  MalformedRecord,
  StoreUnavailable,
  WriteConflict,
} from '../errors.ts';
import {
  userFromItem,
  userItem,
  userKey,
  visitorFromItem,
  visitorItem,
  visitorKey,
} from '../features/item.ts';
import { compareSequences } from '../features/sequence.ts';
import { applyToUser, emptyUser } from '../features/user.ts';
import { applyToVisitor, emptyVisitor, type UserContribution } from '../features/visitor.ts';
import type { OnlineItem, OnlineStore } from '../ports.ts';
import { type EnrichedEvent, enrichedEvent } from '../schemas/event.ts';
import type { RetryRules } from './put-all.ts';

/** What one batch read takes. */
const MAX_KEYS = 100;
/** Writes under way at once: enough to hide latency, few enough for a connection pool. */
const MAX_WRITES = 32;

export interface UpdateFeatures {
  readonly store: OnlineStore;
  /** For conflicts: each further attempt reads and folds again. */
  readonly retry: RetryRules;
}

interface UpdateCounts {
  /** Applied events by what became of them; redelivered ones were applied before. */
  processed: number;
  late: number;
  duplicate: number;
  redelivered: number;
  /** Of the processed ones, those below an order_key already processed. */
  outOfOrder: number;
  undecodable: number;
  conflicts: number;
}

export interface UpdateOutcome {
  /** Sequence numbers of records that are not in the store and must be delivered again. */
  readonly failed: readonly string[];
  /** Why they failed, one error a visitor or record. */
  readonly errors: readonly Error[];
  readonly counts: Readonly<UpdateCounts>;
}

interface Delivered {
  readonly sequence: string;
  readonly event: EnrichedEvent;
}

/** The batch's events of one visitor, in order_key order. */
interface Group {
  readonly visitor: string;
  readonly delivered: readonly Delivered[];
}

interface Folded {
  readonly group: Group;
  /** Null where nothing was new. */
  readonly item: OnlineItem | null;
  readonly contributions: readonly UserContribution[];
  readonly counts: Readonly<UpdateCounts>;
}

type Write = 'written' | 'conflict' | Error;

/**
 * Folds a batch of enriched events into the online items: one read and one write a visitor, however
 * many its events. A visitor's events succeed or fail together, and apart from those of others; a
 * record that is no enriched event fails alone.
 *
 * Users are written before visitors: a visitor's item is what recognises its events when they are
 * delivered again, so it must not know them until all they contribute is stored. Users recognise
 * what then comes twice by the visitor's sequence number.
 *
 * @param records in the order of the stream; data is JSON text
 */
export async function updateFeatures(
  records: readonly { readonly sequence: string; readonly data: string }[],
  { store, retry }: UpdateFeatures,
): Promise<UpdateOutcome> {
  const counts = noCounts();
  const failed: string[] = [];
  const errors: Error[] = [];
  const delivered: Delivered[] = [];
  for (const record of records) {
    const event = decode(record);
    if (event instanceof Error) {
      counts.undecodable++;
      failed.push(record.sequence);
      errors.push(event);
    } else delivered.push({ sequence: record.sequence, event });
  }

  const fail = (group: Group, error: Error) => {
    errors.push(error);
    for (const { sequence } of group.delivered) failed.push(sequence);
  };
  let pending = groupByVisitor(delivered);
  for (let attempt = 0; pending.length > 0 && attempt < retry.attempts; attempt++) {
    if (attempt > 0) await retry.sleep(retry.random() * retry.baseDelay * 2 ** (attempt - 1));
    const conflicting: Group[] = [];
    for (const [folded, write] of await applyGroups(pending, store)) {
      if (write === 'written') addCounts(counts, folded.counts);
      else if (write === 'conflict') conflicting.push(folded.group);
      else fail(folded.group, write);
    }
    counts.conflicts += conflicting.length;
    pending = conflicting;
  }
  for (const group of pending)
    fail(
      group,
      new WriteConflict(
        `${visitorKey(group.visitor)}: another writer was faster ${retry.attempts} times in a row`,
      ),
    );
  return { failed, errors, counts };
}

function decode({ sequence, data }: { sequence: string; data: string }): EnrichedEvent | Error {
  let candidate: unknown;
  try {
    candidate = JSON.parse(data);
  } catch {
    // The parser's own message quotes the record, which no log may hold.
    return new MalformedRecord(`record ${sequence} is not JSON`);
  }
  const parsed = enrichedEvent.safeParse(candidate);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return new MalformedRecord(
    `record ${sequence} is no enriched event: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}

function groupByVisitor(delivered: readonly Delivered[]): Group[] {
  const groups = Map.groupBy(delivered, ({ event }) => event.visitor);
  return [...groups].map(([visitor, ofVisitor]) => ({
    visitor,
    delivered: ofVisitor.sort(
      (left, right) =>
        compareText(left.event.order_key, right.event.order_key) ||
        compareSequences(left.sequence, right.sequence),
    ),
  }));
}

/** By UTF-16 code units, as the fold compares order keys. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

async function applyGroups(
  groups: readonly Group[],
  store: OnlineStore,
): Promise<(readonly [Pick<Folded, 'group' | 'counts'>, Write])[]> {
  const visitors = await readAll(
    store,
    groups.map(({ visitor }) => visitorKey(visitor)),
  );
  const outcome: (readonly [Pick<Folded, 'group' | 'counts'>, Write])[] = [];
  const folded: Folded[] = [];
  for (const group of groups) {
    const item = visitors.get(visitorKey(group.visitor));
    if (item instanceof Error) outcome.push([{ group, counts: noCounts() }, item]);
    else folded.push(fold(group, item));
  }

  const users = await writeUsers(
    folded.flatMap(({ contributions }) => contributions),
    store,
  );
  const written = await inParallel(folded, MAX_WRITES, async ({ item, contributions }) => {
    const blocked = contributions.map(({ user }) => users.get(user)).find((w) => w !== 'written');
    if (blocked !== undefined) return blocked;
    return item === null ? 'written' : attempt(() => store.write(item));
  });
  folded.forEach((one, index) => {
    outcome.push([one, written[index] as Write]);
  });
  return outcome;
}

function fold(group: Group, item: OnlineItem | undefined): Folded {
  const state = item === undefined ? emptyVisitor() : visitorFromItem(item);
  const counts = noCounts();
  const contributions: UserContribution[] = [];
  const outOfOrder = state.counters.outOfOrder;
  for (const { event, sequence } of group.delivered) {
    const { disposition, contribution } = applyToVisitor(state, event, sequence);
    counts[disposition]++;
    if (contribution !== null) contributions.push(contribution);
  }
  counts.outOfOrder = state.counters.outOfOrder - outOfOrder;
  const isNew = counts.redelivered < group.delivered.length;
  return {
    group,
    item: isNew ? visitorItem(state, group.visitor, (item?.version ?? 0) + 1) : null,
    contributions,
    counts,
  };
}

/** Adds all contributions to their users, one read and at most one write each. */
async function writeUsers(
  contributions: readonly UserContribution[],
  store: OnlineStore,
): Promise<ReadonlyMap<string, Write>> {
  const byUser = [...Map.groupBy(contributions, ({ user }) => user)];
  const items = await readAll(
    store,
    byUser.map(([user]) => userKey(user)),
  );
  const writes = await inParallel(byUser, MAX_WRITES, async ([user, ofUser]) => {
    const item = items.get(userKey(user));
    if (item instanceof Error) return item;
    const state = item === undefined ? emptyUser() : userFromItem(item);
    const added = ofUser.filter((contribution) => applyToUser(state, contribution));
    if (added.length === 0) return 'written';
    return attempt(() => store.write(userItem(state, user, (item?.version ?? 0) + 1)));
  });
  return new Map(byUser.map(([user], index) => [user, writes[index] as Write]));
}

/** Reads keys in batches; of a batch that failed, each key's error. Missing keys are absent. */
async function readAll(
  store: OnlineStore,
  keys: readonly string[],
): Promise<ReadonlyMap<string, OnlineItem | Error>> {
  const found = new Map<string, OnlineItem | Error>();
  const batches: (readonly string[])[] = [];
  for (let start = 0; start < keys.length; start += MAX_KEYS)
    batches.push(keys.slice(start, start + MAX_KEYS));
  await Promise.all(
    batches.map(async (batch) => {
      const items = await attempt(() => store.read(batch, { consistent: true }));
      if (items instanceof Error) for (const key of batch) found.set(key, items);
      else for (const [key, item] of items) found.set(key, item);
    }),
  );
  return found;
}

/** A store's failure as a value, because it concerns some of the batch only; a bug still throws. */
async function attempt<Value>(call: () => Promise<Value>): Promise<Value | Error> {
  try {
    return await call();
  } catch (error) {
    if (
      error instanceof StoreUnavailable ||
      error instanceof DeadlineExceeded ||
      error instanceof ItemTooLarge
    )
      return error;
    throw error;
  }
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const place = next++;
      results[place] = await task(items[place] as Item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

function noCounts(): UpdateCounts {
  return {
    processed: 0,
    late: 0,
    duplicate: 0,
    redelivered: 0,
    outOfOrder: 0,
    undecodable: 0,
    conflicts: 0,
  };
}

function addCounts(total: UpdateCounts, added: Readonly<UpdateCounts>): void {
  for (const name of Object.keys(total) as (keyof UpdateCounts)[]) total[name] += added[name];
}
