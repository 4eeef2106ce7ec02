import { InvalidFeatureDefinition } from '../errors.ts';
import type { FeatureValue, FeatureValues } from '../schemas/score.ts';
import { compileFeature, type Folds, type Read, type Reading } from './compile-read.ts';
import { utcDay } from './day-tiles.ts';
import { featureViews } from './definitions.ts';
import { featureName } from './feature-name.ts';
import { emptyValues, type Slot } from './fold-plan.ts';
import type { BatchValues } from './item.ts';
import { sessionFold, sessionProductFold, userFold } from './lexicon-folds.ts';
import { SESSION_IDLE_MS } from './session-rule.ts';
import type { UserState } from './user.ts';
import { productKey, type SessionState, type VisitorState } from './visitor.ts';

export interface FeatureEntities {
  readonly visitor: VisitorState | null;
  readonly user: UserState | null;
  readonly product: BatchValues | null;
}

export interface FeatureQuery {
  /** Moment of the read, epoch milliseconds. */
  readonly at: number;
  readonly product_id: string | null;
  /** The shop's IANA time zone. */
  readonly timeZone: string;
}

export type FeatureVector = (entities: FeatureEntities, query: FeatureQuery) => FeatureValue[];

const FOLDS: Folds = {
  session: sessionFold,
  session_product: sessionProductFold,
  user: userFold,
};

const NO_SESSION = emptyValues(sessionFold);
const NO_PRODUCT = emptyValues(sessionProductFold);
const NO_PRODUCTS: ReadonlyMap<string, readonly Slot[]> = new Map();

/**
 * The session that a visitor is in at a moment, null where the last one has expired: no event for
 * more than 30 minutes after its latest.
 */
export function currentSession(visitor: VisitorState | null, at: number): SessionState | null {
  const session = visitor?.session ?? null;
  return session === null || at - session.newest > SESSION_IDLE_MS ? null : session;
}

/**
 * Every feature of the lexicon by name. Counts of an absent session are 0 and its measurements
 * null; of a user never seen, everything is null, and of a product not asked about.
 */
export function featureValues(entities: FeatureEntities, query: FeatureQuery): FeatureValues {
  const reading = openReading(entities, query);
  const values: Record<string, FeatureValue> = {};
  for (const [name, read] of READS) values[name] = read(reading);
  return values;
}

/**
 * A reader of just these features, in this order.
 * @throws InvalidFeatureDefinition where a name is not in the lexicon
 */
export function compileVector(names: readonly string[]): FeatureVector {
  const reads = names.map((name) => {
    const read = READS.get(name);
    if (read === undefined)
      throw new InvalidFeatureDefinition(
        `no feature is called ${name}: see \`foresight features list\``,
      );
    return read;
  });
  return (entities, query) => {
    const reading = openReading(entities, query);
    return reads.map((read) => read(reading));
  };
}

function openReading({ visitor, user, product }: FeatureEntities, query: FeatureQuery): Reading {
  const session = currentSession(visitor, query.at);
  const products = session?.products ?? NO_PRODUCTS;
  return {
    session: session?.values ?? NO_SESSION,
    sessionProduct:
      query.product_id === null ? null : (products.get(productKey(query.product_id)) ?? NO_PRODUCT),
    products,
    visitorSince: session === null ? null : nonEmpty(visitor?.since),
    user: user?.values ?? null,
    userSince: nonEmpty(user?.since),
    userBatch: user?.batch ?? null,
    product,
    at: query.at,
    today: utcDay(query.at),
    timeZone: query.timeZone,
  };
}

function nonEmpty<T extends object>(record: T | undefined): T | null {
  for (const _ in record) return record as T;
  return null;
}

const READS: ReadonlyMap<string, Read> = new Map(
  featureViews.flatMap((view) =>
    view.features.map((feature): [string, Read] => {
      return [featureName(view, feature), compileFeature(view, feature, FOLDS)];
    }),
  ),
);
