import { applyToUser } from '../features/user.ts';
import { compileVector, type FeatureVector } from '../features/vector.ts';
import { applyToVisitor, productKey } from '../features/visitor.ts';
import { quantile } from '../math/quantile.ts';
import { seededRandom } from '../math/seeded-random.ts';
import type { EnrichedEvent } from '../schemas/event.ts';
import type { Gate } from '../schemas/model.ts';
import type { FeatureValue } from '../schemas/score.ts';
import { CART_DIRECTIONS } from './cart-directions.ts';
import { exactGate } from './gate.ts';
import type { PrefixRows } from './prefix-rows.ts';
import type { ScoringModel } from './registered-model.ts';
import { readStates, servedVector } from './served-vector.ts';
import type { ServedState } from './serving-sample.ts';

const NEXT_EVENT_MS = 5_000;
/** A price where the visitor's event has none. */
const SOME_PRICE = 10;
/** What rounding can move a probability. */
const ROUNDING = 1e-9;
const NOTABLE_FALL = 0.05;
const MAX_FALLING_SHARE = 0.01;
const NOISE = 0.01;
const MAX_NOISE_EFFECT = 0.05;
/** Units of what is measured, and so never exact. */
const MEASURED_UNITS = ['seconds', 'days', 'currency', 'ratio'];

/** Whether scores of real visitors move as they should when something is changed. */
export function behaviourGates(
  model: ScoringModel,
  rows: PrefixRows,
  states: readonly ServedState[],
  timeZone: string,
  seed: number,
): Gate[] {
  const vector = compileVector(model.features);
  const score = (values: readonly FeatureValue[]) => model.score(values).probability;
  const visitors = states.map((state) => ({
    state,
    values: servedVector(vector, readStates(state), state.event, timeZone),
  }));
  const renamed = visitors.filter(
    ({ state, values }) => score(withOtherIds(vector, state, timeZone)) !== score(values),
  ).length;
  const shoppers = visitors.filter(({ state }) => state.event.product_id !== null);
  const cartEffects = shoppers.map(({ state, values }) => {
    const after = withOneMoreCart(vector, state, timeZone);
    const cartAlone = values.map((value, index) =>
      (model.features[index] as string) in CART_DIRECTIONS ? (after[index] ?? null) : value,
    );
    return { alone: score(cartAlone) - score(values), event: score(after) - score(values) };
  });
  const largestFall = Math.max(0, ...cartEffects.map(({ alone }) => -alone));
  const falling = cartEffects.filter(({ event }) => event < -NOTABLE_FALL).length;
  const isMeasured = model.features.map((name) =>
    MEASURED_UNITS.includes(rows.features.find((feature) => feature.name === name)?.unit ?? ''),
  );
  const random = seededRandom(seed);
  const noiseEffects = Float64Array.from(visitors, ({ values }) => {
    const noisy = values.map((value, index) =>
      isMeasured[index] && typeof value === 'number'
        ? value * (1 + NOISE * (2 * random() - 1))
        : value,
    );
    return Math.abs(score(noisy) - score(values));
  }).sort();
  const gates = [
    exactGate({
      name: 'invariance-to-ids',
      rule: 'Other ids of visitor, user, session, products and events, the same behaviour: not one score changes.',
      value: renamed,
      threshold: 0,
      detail: `${visitors.length} visitors`,
    }),
    exactGate({
      name: 'one-more-cart',
      rule: 'What an add_to_cart event, folded into the state of a visitor, changes of the cart features, the others being the same, never lowers the score; the value is the largest fall.',
      value: largestFall,
      threshold: ROUNDING,
      detail: `${shoppers.length} visitors`,
    }),
    exactGate({
      name: 'one-more-cart-event',
      rule: `A whole add_to_cart event ${NEXT_EVENT_MS / 1000} s later, with all that it changes, lowers the score by more than ${NOTABLE_FALL} for at most ${100 * MAX_FALLING_SHARE} % of visitors.`,
      value: falling / Math.max(1, shoppers.length),
      threshold: MAX_FALLING_SHARE,
      detail: `${falling} of ${shoppers.length} visitors`,
    }),
    exactGate({
      name: 'small-noise',
      rule: `Noise of ${100 * NOISE} % in every time, amount and ratio moves 99 % of the scores by at most ${MAX_NOISE_EFFECT}.`,
      value: noiseEffects.length === 0 ? 0 : quantile(noiseEffects, 0.99),
      threshold: MAX_NOISE_EFFECT,
      detail: `${visitors.length} visitors`,
    }),
  ];
  return gates.map((gate) =>
    (gate.name.startsWith('one-more') ? shoppers : visitors).length === 0
      ? { ...gate, verdict: 'not-enough-data' }
      : gate,
  );
}

const renamedId = (id: string) => `another-${id}`;

function withOtherIds(
  vector: FeatureVector,
  state: ServedState,
  timeZone: string,
): readonly FeatureValue[] {
  const { visitor, user, product } = readStates(state);
  const { product_id } = state.event;
  const asked = product_id === null ? null : productKey(product_id);
  if (visitor.user !== null) visitor.user = renamedId(visitor.user);
  if (visitor.session !== null) {
    const { session } = visitor;
    if (session.clientId !== null) session.clientId = renamedId(session.clientId);
    session.products = new Map(
      [...session.products].map(([key, values]) => [
        productKey(renamedId(key === asked ? (product_id as string) : key)),
        values,
      ]),
    );
  }
  if (user !== null && user.lastVisitor !== null) user.lastVisitor = renamedId(user.lastVisitor);
  const about = {
    event_timestamp: state.event.event_timestamp,
    product_id: product_id === null ? null : renamedId(product_id),
  };
  return servedVector(vector, { visitor, user, product }, about, timeZone);
}

/** The vector after the visitor puts the product just seen into the cart. */
function withOneMoreCart(
  vector: FeatureVector,
  state: ServedState,
  timeZone: string,
): readonly FeatureValue[] {
  const { visitor, user, product } = readStates(state);
  const last = state.event;
  const at = new Date(Date.parse(last.event_timestamp) + NEXT_EVENT_MS).toISOString();
  const event: EnrichedEvent = {
    ...last,
    event_type: 'add_to_cart',
    event_id: renamedId(last.event_id),
    order_key: `${last.order_key}~`,
    event_timestamp: at,
    received_at: at,
    price: last.price ?? SOME_PRICE,
    quantity: 1,
  };
  const { contribution } = applyToVisitor(visitor, event, null);
  if (contribution !== null && user !== null) applyToUser(user, contribution);
  return servedVector(vector, { visitor, user, product }, event, timeZone);
}
