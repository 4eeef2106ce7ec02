import fc from 'fast-check';
import { expect, test } from 'vitest';
import { observe, purchaseProbability } from '../../local/simulator/ideal-observer.ts';
import {
  apply,
  DEEDS,
  type Deed,
  doingIn,
  INTENTS,
  lookingOf,
  passingFrom,
  purchaseProbabilities,
  type Situation,
} from '../../local/simulator/intents.ts';
import { Waits } from '../../local/simulator/waits.ts';

const N = INTENTS.length;
const waits = new Waits(1);
const start: Situation = { units: 0, checkoutStarted: false, known: false };
const initial = Float64Array.from(INTENTS, (intent) =>
  intent === 'browsing' ? 0.7 : intent === 'comparing' ? 0.2 : intent === 'deciding' ? 0.1 : 0,
);
const chances = [0.2, 0.1, 0.02, 0.0025] as const;

const sessions = fc.array(
  fc.record({
    deed: fc.constantFrom<Deed>('page_view', 'search', 'product_view', 'add_to_cart'),
    waited: fc.integer({ min: 1000, max: 600_000 }),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Probability of one path of intents and of all that is seen on it. */
function pathProbability(path: readonly number[], seen: readonly { deed: Deed; waited: number }[]) {
  const situation = { ...start };
  let probability = initial[path[0] as number] as number;
  let viewedBefore = false;
  for (const [step, { deed, waited }] of seen.entries()) {
    const intent = path[step] as number;
    if (step > 0) {
      const from = path[step - 1] as number;
      probability *= passingFrom(situation)[from * N + intent] as number;
      probability *= waits.chance(intent, waited);
    }
    probability *= doingIn(situation)[intent * DEEDS.length + DEEDS.indexOf(deed)] as number;
    if (deed === 'product_view') {
      const looks = lookingOf(intent, viewedBefore);
      probability *= looks.reduce((sum, look, index) => sum + look * (chances[index] ?? 0), 0);
      viewedBefore = true;
    }
    apply(deed, situation);
  }
  return { probability, situation };
}

test('the belief is Bayes’ rule over every path of intents', () => {
  fc.assert(
    fc.property(sessions, (seen) => {
      const expected = new Float64Array(N);
      for (let code = 0; code < N ** seen.length; code++) {
        const path = seen.map((_, step) => Math.floor(code / N ** step) % N);
        const last = path.at(-1) as number;
        expected[last] = (expected[last] as number) + pathProbability(path, seen).probability;
      }
      const total = expected.reduce((sum, probability) => sum + probability, 0);

      const belief = Float64Array.from(initial);
      const situation = { ...start };
      let viewedBefore = false;
      for (const [step, { deed, waited }] of seen.entries()) {
        const product = deed === 'product_view' ? { viewedBefore, chances } : null;
        observe(belief, { deed, waited: step === 0 ? null : waited, product }, situation, waits);
        if (deed === 'product_view') viewedBefore = true;
        apply(deed, situation);
      }
      for (let intent = 0; intent < N; intent++) {
        expect(belief[intent]).toBeCloseTo((expected[intent] as number) / total, 12);
      }
    }),
    { numRuns: 40 },
  );
});

test('the probability before a deed is the mean of those after it', () => {
  const situation: Situation = { units: 1, checkoutStarted: true, known: true };
  const table = passingFrom(situation);
  const deeds = doingIn(situation);
  for (const [from, intent] of INTENTS.entries()) {
    let mean = 0;
    for (let to = 0; to < N; to++) {
      for (const [index, deed] of DEEDS.entries()) {
        const share = (table[from * N + to] ?? 0) * (deeds[to * DEEDS.length + index] ?? 0);
        if (share === 0) continue;
        const next = { ...situation };
        apply(deed, next);
        mean += share * (deed === 'purchase' ? 1 : (purchaseProbabilities(next)[to] ?? 0));
      }
    }
    expect(purchaseProbabilities(situation)[from], intent).toBeCloseTo(mean, 14);
  }
});

test('who crawls or has paid never buys; a purchase shows its intent', () => {
  const situation: Situation = { units: 2, checkoutStarted: true, known: false };
  const later = purchaseProbabilities(situation);
  expect(later[INTENTS.indexOf('crawling')]).toBe(0);
  expect(later[INTENTS.indexOf('satisfied')]).toBe(0);
  const belief = Float64Array.from(initial);
  observe(belief, { deed: 'purchase', waited: 5000, product: null }, situation, waits);
  expect(purchaseProbability(belief, situation)).toBe(0);
});

test.each(INTENTS.map((intent, index) => [intent, index] as const))(
  'the waits of %s add up to 1, and survival is their sum',
  (_intent, index) => {
    const quick = new Waits(400);
    let sum = 0;
    const survivalAt = new Map([500, 1000, 1500, 4000].map((silence) => [silence, 0]));
    for (let waited = 0; waited < 20_000; waited++) {
      const chance = quick.chance(index, waited);
      sum += chance;
      for (const [silence, above] of survivalAt) {
        if (waited >= silence) survivalAt.set(silence, above + chance);
      }
    }
    expect(sum).toBeCloseTo(1, 9);
    for (const [silence, above] of survivalAt) {
      expect(quick.survival(index, silence)).toBeCloseTo(above, 9);
    }
  },
);
