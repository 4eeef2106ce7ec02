/**
 * What an observer who knows the process, but not the intents, can know: the forward algorithm of
 * hidden Markov models (Rabiner 1989, section III.A) over the visible events of a session, their
 * waits and their products. No model can rank or calibrate better on the same events.
 */
import {
  DEEDS,
  type Deed,
  doingIn,
  INTENTS,
  lookingOf,
  passingFrom,
  purchaseProbabilities,
  purchaseProbabilitiesAhead,
  SATISFIED,
  type Situation,
} from './intents.ts';
import type { Waits } from './waits.ts';

const N = INTENTS.length;

/** Probability of each intent after the last deed, in the order of `INTENTS`. */
export type Belief = Float64Array;

/** A deed as anybody sees it. */
export interface Sight {
  readonly deed: Deed;
  /** Whole milliseconds since the deed before; null for the first. */
  readonly waited: number | null;
  /** How a viewed product could have been chosen; null for other deeds. */
  readonly product: ProductSight | null;
}

/** Probability of the product seen under each way of looking, in the order of `LOOKING`. */
export interface ProductSight {
  readonly viewedBefore: boolean;
  readonly chances: readonly [number, number, number, number];
}

/**
 * Updates the belief by what was seen, in place.
 * @param before the situation before the deed
 */
export function observe(belief: Belief, sight: Sight, before: Situation, waits: Waits): void {
  if (sight.deed === 'purchase') {
    belief.fill(0);
    belief[SATISFIED] = 1;
    return;
  }
  const { waited, product } = sight;
  const prior = waited === null ? belief : predict(belief, before);
  const deeds = doingIn(before);
  const deed = DEEDS.indexOf(sight.deed);
  let total = 0;
  for (let intent = 0; intent < N; intent++) {
    let joint = (prior[intent] as number) * (deeds[intent * DEEDS.length + deed] as number);
    if (joint > 0 && waited !== null) joint *= waits.chance(intent, waited);
    if (joint > 0 && product !== null) joint *= productChance(intent, product);
    belief[intent] = joint;
    total += joint;
  }
  for (let intent = 0; intent < N; intent++) {
    belief[intent] = (belief[intent] as number) / total;
  }
}

/** Probability of a purchase later in this session, right after the last deed. */
export function purchaseProbability(belief: Belief, situation: Situation): number {
  const later = purchaseProbabilities(situation);
  let probability = 0;
  for (let intent = 0; intent < N; intent++) {
    probability += (belief[intent] as number) * (later[intent] as number);
  }
  return probability;
}

/** The same after a silence of so many milliseconds: the visitor may have left meanwhile. */
export function purchaseProbabilityAfter(
  silence: number,
  belief: Belief,
  situation: Situation,
  waits: Waits,
): number {
  const onward = purchaseProbabilitiesAhead(situation);
  const passed = predict(belief, situation);
  let staying = 0;
  let waiting = 0;
  let buying = 0;
  for (let intent = 0; intent < N; intent++) {
    const share = passed[intent] as number;
    const here = share * waits.survival(intent, silence);
    staying += share;
    waiting += here;
    buying += here * (onward[intent] as number);
  }
  return buying / (waiting + 1 - staying);
}

/** Intents of the next deed; what is missing to 1 has left. */
function predict(belief: Belief, situation: Situation): Float64Array {
  const table = passingFrom(situation);
  const next = new Float64Array(N);
  for (let from = 0; from < N; from++) {
    const share = belief[from] as number;
    if (share === 0) continue;
    for (let to = 0; to < N; to++) {
      next[to] = (next[to] as number) + share * (table[from * N + to] as number);
    }
  }
  return next;
}

function productChance(intent: number, { viewedBefore, chances }: ProductSight): number {
  const looks = lookingOf(intent, viewedBefore);
  let chance = 0;
  for (let look = 0; look < chances.length; look++) {
    chance += (looks[look] as number) * (chances[look] as number);
  }
  return chance;
}
