/**
 * The hidden process behind a session: a semi-Markov chain of intents. Each step the visitor either
 * leaves or passes to an intent (perhaps the same), and that intent chooses how long to wait, what
 * to do and, for a product view, which product. All of it is finite, so the probability of a
 * purchase later in the session is known exactly in every state.
 */
import type { EventType } from '../../shared/schemas/event.ts';

export const INTENTS = [
  'browsing',
  'comparing',
  'deciding',
  'paying',
  'abandoning',
  'satisfied',
  'crawling',
] as const;
export type Intent = (typeof INTENTS)[number];

/** What a visitor can do, in the order of the tables. */
export const DEEDS = [
  'page_view',
  'search',
  'product_view',
  'add_to_cart',
  'remove_from_cart',
  'checkout_start',
  'identify',
  'purchase',
] as const satisfies readonly EventType[];
export type Deed = (typeof DEEDS)[number];

/** Units in a cart, at most. */
const CART_CAPACITY = 5;

/** What a session has openly become: the part of its state that everybody can see. */
export interface Situation {
  /** Units in the cart, at most `CART_CAPACITY`. */
  units: number;
  checkoutStarted: boolean;
  /** The shop knows who the visitor is. */
  known: boolean;
}

/** Passing from an intent to another within a session; what is missing to 1 is leaving. */
const PASSING: Readonly<Record<Intent, Partial<Record<Intent, number>>>> = {
  browsing: { browsing: 0.665, comparing: 0.025, deciding: 0.004 },
  comparing: { browsing: 0.02, comparing: 0.79, deciding: 0.07, abandoning: 0.01 },
  deciding: { comparing: 0.02, deciding: 0.74, paying: 0.14, abandoning: 0.05 },
  paying: { paying: 0.84, abandoning: 0.06 },
  abandoning: { browsing: 0.05, abandoning: 0.55 },
  satisfied: { satisfied: 0.4 },
  crawling: { crawling: 0.975 },
};

/** Weights of the deeds; those impossible in the situation drop out and the others fill up. */
const DOING: Readonly<Record<Intent, Partial<Record<Deed, number>>>> = {
  browsing: {
    page_view: 36,
    search: 12,
    product_view: 50,
    add_to_cart: 1,
    remove_from_cart: 1,
    checkout_start: 0.3,
    identify: 0.7,
  },
  comparing: {
    page_view: 10,
    search: 16,
    product_view: 68,
    add_to_cart: 3,
    remove_from_cart: 2,
    checkout_start: 0.5,
    identify: 1,
  },
  deciding: {
    page_view: 12,
    search: 4,
    product_view: 50,
    add_to_cart: 26,
    remove_from_cart: 3,
    checkout_start: 3,
    identify: 5,
  },
  paying: { page_view: 22, checkout_start: 60, identify: 12, purchase: 55 },
  abandoning: { page_view: 50, product_view: 20, remove_from_cart: 30 },
  satisfied: { page_view: 1 },
  crawling: { page_view: 15, product_view: 85 },
};

/**
 * Weights of the ways to choose the product of a view: again one viewed in this session, one of the
 * last viewed's category, a popular one, any. Without an earlier view the first two drop out.
 */
const LOOKING: Readonly<Record<Intent, readonly [number, number, number, number]>> = {
  browsing: [0.06, 0.24, 0.7, 0],
  comparing: [0.25, 0.57, 0.18, 0],
  deciding: [0.66, 0.26, 0.08, 0],
  paying: [0, 0, 1, 0],
  abandoning: [0.2, 0.2, 0.6, 0],
  satisfied: [0, 0, 1, 0],
  crawling: [0, 0, 0, 1],
};

/** Shortest wait of a person between two deeds, and the longest within a session, milliseconds. */
export const SHORTEST_WAIT_MS = 1000;
export const LONGEST_WAIT_MS = 29 * 60_000; // below the 30 minutes that end a session
/** Bounds of a crawler's wait, milliseconds: below any person's. */
export const CRAWLER_WAIT_MS = { from: 100, below: 900 };

/** Mean wait before a deed beyond the shortest, seconds. */
export const MEAN_WAIT_SECONDS: Readonly<Record<Exclude<Intent, 'crawling'>, number>> = {
  browsing: 18,
  comparing: 32,
  deciding: 45,
  paying: 35,
  abandoning: 12,
  satisfied: 15,
};

const N = INTENTS.length;
export const CRAWLING: number = INTENTS.indexOf('crawling');
export const SATISFIED: number = INTENTS.indexOf('satisfied');
const PAYING = INTENTS.indexOf('paying');
const PURCHASE = DEEDS.indexOf('purchase');
const SITUATIONS = (CART_CAPACITY + 1) * 4;

function situationIndex({ units, checkoutStarted, known }: Situation): number {
  return units + (CART_CAPACITY + 1) * (Number(checkoutStarted) + 2 * Number(known));
}

/** Nobody passes to paying without a cart: that share stays where it was. */
const passing = [false, true].map((cart) => {
  const table = new Float64Array(N * N);
  for (const [from, intent] of INTENTS.entries()) {
    for (const [to, next] of INTENTS.entries()) {
      const share = PASSING[intent][next] ?? 0;
      const target = to === PAYING && !cart ? from : to;
      table[from * N + target] = (table[from * N + target] as number) + share;
    }
  }
  return table;
}) as unknown as readonly [Float64Array, Float64Array];

/** Probability of passing from each intent to each, `from * INTENTS.length + to`. */
export function passingFrom(situation: Situation): Float64Array {
  return situation.units > 0 ? passing[1] : passing[0];
}

function possible(deed: Deed, { units, checkoutStarted, known }: Situation): boolean {
  switch (deed) {
    case 'add_to_cart':
      return units < CART_CAPACITY;
    case 'remove_from_cart':
      return units > 0;
    case 'checkout_start':
      return units > 0 && !checkoutStarted;
    case 'identify':
      return !known;
    case 'purchase':
      return units > 0 && checkoutStarted;
    default:
      return true;
  }
}

/** Changes the situation as the deed does. */
export function apply(deed: Deed, situation: Situation): void {
  if (deed === 'add_to_cart') situation.units++;
  else if (deed === 'remove_from_cart') situation.units--;
  else if (deed === 'checkout_start') situation.checkoutStarted = true;
  else if (deed === 'identify') situation.known = true;
  else if (deed === 'purchase') {
    situation.units = 0;
    situation.checkoutStarted = false;
  }
}

const situations: readonly Situation[] = Array.from({ length: SITUATIONS }, (_, index) => {
  const flags = Math.floor(index / (CART_CAPACITY + 1));
  return {
    units: index % (CART_CAPACITY + 1),
    checkoutStarted: (flags & 1) === 1,
    known: (flags & 2) === 2,
  };
});

const doing = situations.map((situation) => {
  const table = new Float64Array(N * DEEDS.length);
  for (const [intent, name] of INTENTS.entries()) {
    const weights = DEEDS.map((deed) => (possible(deed, situation) ? (DOING[name][deed] ?? 0) : 0));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    // Paying without a cart cannot be reached; its row is never read.
    for (const [deed, weight] of weights.entries()) {
      table[intent * DEEDS.length + deed] = total > 0 ? weight / total : 0;
    }
  }
  return table;
});

/** Probability of each deed under each intent, `intent * DEEDS.length + deed`. */
export function doingIn(situation: Situation): Float64Array {
  return doing[situationIndex(situation)] as Float64Array;
}

/** Probability of each way to choose a product, in the order of `LOOKING`. */
export function lookingOf(intent: number, viewedBefore: boolean): readonly number[] {
  return (viewedBefore ? lookingAgain : lookingFirst)[intent] as readonly number[];
}

const lookingAgain = INTENTS.map((intent) => LOOKING[intent]);
const lookingFirst = lookingAgain.map(([, , popular, any]) => [
  0,
  0,
  popular / (popular + any),
  any / (popular + any),
]);

/**
 * Probability that a session in this situation and intent still buys, after its last deed: the
 * absorption probability of the chain, for every intent in the order of `INTENTS`.
 */
export function purchaseProbabilities(situation: Situation): Float64Array {
  return buying[situationIndex(situation)] as Float64Array;
}

/** Probability that a session which now passes to each intent buys with its deed or later. */
export function purchaseProbabilitiesAhead(situation: Situation): Float64Array {
  return ahead(situation, buying);
}

const buying = absorption();

/**
 * The least solution of x = P·x + b (a purchase ends the wait), by iteration: every step shrinks
 * the error by at least the probability of leaving, so it ends at the last bits of a double.
 */
function absorption(): readonly Float64Array[] {
  let current = situations.map(() => new Float64Array(N));
  for (let change = 1; change > 1e-16; ) {
    change = 0;
    const next = situations.map((situation, index) => {
      const onward = ahead(situation, current);
      const table = passingFrom(situation);
      return Float64Array.from(INTENTS, (_, from) => {
        let probability = 0;
        for (let to = 0; to < N; to++) {
          probability += (table[from * N + to] as number) * (onward[to] as number);
        }
        change = Math.max(change, Math.abs(probability - (current[index]?.[from] as number)));
        return probability;
      });
    });
    current = next;
  }
  return current;
}

function ahead(situation: Situation, later: readonly Float64Array[]): Float64Array {
  const deeds = doingIn(situation);
  return Float64Array.from(INTENTS, (_, intent) => {
    let probability = 0;
    for (const [index, deed] of DEEDS.entries()) {
      const share = deeds[intent * DEEDS.length + index] as number;
      if (share === 0) continue;
      if (index === PURCHASE) {
        probability += share;
        continue;
      }
      const next = { ...situation };
      apply(deed, next);
      probability += share * (later[situationIndex(next)]?.[intent] as number);
    }
    return probability;
  });
}
