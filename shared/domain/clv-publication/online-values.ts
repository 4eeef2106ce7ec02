import { StoreUnavailable } from '../../errors.ts';
import type { OnlineItem, OnlineStore } from '../../ports.ts';
import { type ClvAnswer, type ClvScore, clvAnswer } from '../../schemas/clv.ts';
import { CLV_TIERS, type ClvTier } from '../../schemas/decision-policy.ts';
import type { RetryRules } from '../put-all.ts';
import type { PublishedAs } from './published-files.ts';

/** @param user the pseudonym */
export function clvKey(user: string): string {
  return `clv#${user}`;
}

/** @throws ZodError where the item is none of ours */
export function clvFromItem({ state }: OnlineItem): ClvAnswer {
  return clvAnswer.parse(JSON.parse(state));
}

/** The tier alone, as the decision policy takes it: a score reads it each time. */
export function tierFromItem(item: OnlineItem | undefined): ClvTier {
  if (item === undefined) return 'unknown';
  const { tier } = JSON.parse(item.state) as { readonly tier?: ClvTier };
  return CLV_TIERS.find((known) => known === tier) ?? 'unknown';
}

export interface LoadedValues {
  readonly written: number;
  /** Had these values already. */
  readonly unchanged: number;
  /** Had those of a later day. */
  readonly later: number;
}

/** What one batch read takes. */
const MAX_KEYS = 100;

/**
 * Writes scores to the online items, a hundred at a time, each by a conditional put; what was not
 * written is read and tried again. Done again it changes nothing.
 * @throws StoreUnavailable where items remain after the retries: the load may be repeated
 */
export async function loadValues(
  scores: readonly ClvScore[],
  as: PublishedAs,
  store: OnlineStore,
  retry: RetryRules,
): Promise<LoadedValues> {
  const total = { written: 0, unchanged: 0, later: 0 };
  for (let start = 0; start < scores.length; start += MAX_KEYS) {
    let pending = scores.slice(start, start + MAX_KEYS);
    for (let attempt = 0; pending.length > 0 && attempt < retry.attempts; attempt++) {
      if (attempt > 0) await retry.sleep(retry.random() * retry.baseDelay * 2 ** (attempt - 1));
      const outcomes = await loadBatch(pending, as, store);
      pending = pending.filter((_, index) => outcomes[index] === 'failed');
      for (const outcome of outcomes) if (outcome !== 'failed') total[outcome]++;
    }
    if (pending.length > 0)
      throw new StoreUnavailable(
        `${pending.length} customer values were not written online: redrive the run, it goes on where this ended`,
      );
  }
  return total;
}

type Outcome = keyof LoadedValues | 'failed';

async function loadBatch(
  scores: readonly ClvScore[],
  as: PublishedAs,
  store: OnlineStore,
): Promise<readonly Outcome[]> {
  const keys = scores.map(({ customer_id }) => clvKey(customer_id));
  const items = await store.read(keys, { consistent: true }).catch(unavailable);
  if (items === null) return scores.map(() => 'failed');
  return Promise.all(
    scores.map(async ({ customer_id, ...prediction }, index): Promise<Outcome> => {
      const key = keys[index] as string;
      const item = items.get(key);
      const answer: ClvAnswer = { ...prediction, ...as };
      const state = JSON.stringify(answer);
      if (item?.state === state) return 'unchanged';
      if (item !== undefined && clvFromItem(item).as_of > as.as_of) return 'later';
      const outcome = await store
        .write({ key, version: (item?.version ?? 0) + 1, state })
        .catch(unavailable);
      return outcome === 'written' ? 'written' : 'failed';
    }),
  );
}

function unavailable(error: unknown): null {
  if (error instanceof StoreUnavailable) return null;
  throw error;
}
