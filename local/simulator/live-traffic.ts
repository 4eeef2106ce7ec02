import { setTimeout as sleep } from 'node:timers/promises';
import type { ScoreResponse } from '../../shared/schemas/score.ts';
import { type SimulatedEvent, simulateShop } from './shop.ts';

/** Where the shop's servers send their requests. */
export interface Door {
  readonly url: string;
  readonly apiKey: string;
}

export interface SimulatorOptions {
  readonly seed: number;
  /** Events a second, about. */
  readonly rate: number;
}

/** A score the shop has asked for, beside the truth the model cannot know. */
export interface ScoreWithTruth {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly visitor: string;
  readonly productId: string | null;
  readonly score: ScoreResponse;
  /** True probability of a purchase later in the session, as `Truth.purchase_probability`. */
  readonly truth: number;
  /** What the shop waited for the answer. */
  readonly milliseconds: number;
}

export interface LiveShop {
  readonly seed: number;
  /** Visitors seen within the last half minute. */
  visitors(): number;
  readonly counts: Readonly<LiveCounts>;
  /** The latest scores, newest first, some hundreds. */
  recent(): readonly ScoreWithTruth[];
  /** Resolves when the requests under way are answered. */
  stop(): Promise<void>;
}

interface LiveCounts {
  events: number;
  orders: number;
  scores: number;
  /** Requests that were not answered with success. */
  failures: number;
  sumOfTruths: number;
  sumOfPropensities: number;
}

const RECENT_SCORES = 300;

/** Shoppers hurry: a session of minutes takes a minute, so that the first minute shows purchases. */
const PACE = 4;
const EVENTS_PER_VISITOR = 5.1;
/** Seconds that visitors take between events at this pace, about: who comes first fills the shop. */
const SECONDS_BETWEEN_EVENTS = 7;
const YEARS_DAYS = 3650;
const MAX_UNDER_WAY = 100;
const PRESENT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 5000;
/** How often the shop asks after an event of a type; every n-th. */
const ASKS_EVERY: Readonly<Record<string, number>> = {
  product_view: 3,
  search: 6,
  add_to_cart: 1,
  remove_from_cart: 1,
  checkout_start: 1,
};
const REASONS_EVERY = 10;

/**
 * Plays the simulated shop against the platform in the present: its servers post each event as it
 * happens and ask for scores at moments that matter.
 */
export function startSimulator(door: Door, { seed, rate }: SimulatorOptions): LiveShop {
  const perSecond = rate / EVENTS_PER_VISITOR;
  const traffic = simulateShop({
    seed,
    startAt: Date.now(),
    days: YEARS_DAYS,
    visitors: Math.ceil(perSecond * YEARS_DAYS * 86_400),
    rhythm: 'flat',
    pace: PACE,
    opening: Math.round(rate * SECONDS_BETWEEN_EVENTS),
  });
  const shop = new PlayedShop(door, seed);
  shop.play(traffic);
  return shop;
}

class PlayedShop implements LiveShop {
  readonly seed: number;
  readonly counts: LiveCounts = {
    events: 0,
    orders: 0,
    scores: 0,
    failures: 0,
    sumOfTruths: 0,
    sumOfPropensities: 0,
  };
  readonly #door: Door;
  readonly #recent: ScoreWithTruth[] = [];
  readonly #lastSeen = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #asked: Record<string, number> = {};
  #played: Promise<void> = Promise.resolve();

  constructor(door: Door, seed: number) {
    this.#door = door;
    this.seed = seed;
  }

  play(traffic: Iterable<SimulatedEvent>): void {
    this.#played = this.#play(traffic);
  }

  visitors(): number {
    const now = Date.now();
    for (const [visitor, at] of this.#lastSeen) {
      if (now - at <= PRESENT_MS) break; // in order of time: the rest is newer
      this.#lastSeen.delete(visitor);
    }
    return this.#lastSeen.size;
  }

  recent(): readonly ScoreWithTruth[] {
    return this.#recent.toReversed();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#played;
  }

  async #play(traffic: Iterable<SimulatedEvent>): Promise<void> {
    const { signal } = this.#stopping;
    let together: SimulatedEvent[] = [];
    for (const simulated of traffic) {
      const [first] = together;
      const sameDeed =
        first?.at === simulated.at && first.truth.visitor === simulated.truth.visitor;
      if (first !== undefined && !sameDeed) {
        await this.#when(first.at);
        if (signal.aborted) break;
        this.#start(together);
        together = [];
        if (this.#underWay.size >= MAX_UNDER_WAY) await Promise.race(this.#underWay);
      }
      together.push(simulated);
    }
    await Promise.all(this.#underWay);
  }

  /** Ends early when the shop is stopped. */
  async #when(at: number): Promise<void> {
    const wait = at - Date.now();
    if (wait <= 0) return;
    await sleep(wait, undefined, { signal: this.#stopping.signal }).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
    });
  }

  #start(deed: readonly SimulatedEvent[]): void {
    const request = this.#send(deed)
      .catch(() => {
        this.counts.failures++;
      })
      .finally(() => this.#underWay.delete(request));
    this.#underWay.add(request);
  }

  async #send(deed: readonly SimulatedEvent[]): Promise<void> {
    const { event, client, truth } = deed[0] as SimulatedEvent;
    this.#lastSeen.delete(truth.visitor);
    this.#lastSeen.set(truth.visitor, Date.now());
    const events = deed.map((simulated) => simulated.event);
    await this.#post('/v1/events', { events });
    this.counts.events += deed.length;
    if (event.event_type === 'purchase') this.counts.orders++;
    if (client.device !== 'bot' && this.#asksAfter(event.event_type)) {
      await this.#ask(deed[0] as SimulatedEvent);
    }
  }

  #asksAfter(type: string): boolean {
    const every = ASKS_EVERY[type];
    if (every === undefined) return false;
    const count = this.#asked[type] ?? 0;
    this.#asked[type] = count + 1;
    return count % every === 0;
  }

  async #ask(simulated: SimulatedEvent): Promise<void> {
    const { event, client, truth } = simulated;
    const askedAt = performance.now();
    const score = (await this.#post('/v1/propensity', {
      ...named('user_id', event.user_id),
      ...named('anonymous_id', event.anonymous_id),
      ...named('session_id', event.session_id),
      ...named('product_id', event.product_id),
      ...(this.counts.scores % REASONS_EVERY === 0 ? { reasons: true } : {}),
      context: { events: [{ ...event, device_type: client.device }] },
    })) as ScoreResponse;
    this.counts.scores++;
    this.counts.sumOfTruths += truth.purchase_probability;
    this.counts.sumOfPropensities += score.propensity;
    this.#recent.push({
      at: Date.now(),
      visitor: truth.visitor,
      productId: event.product_id ?? null,
      score,
      truth: truth.purchase_probability,
      milliseconds: performance.now() - askedAt,
    });
    if (this.#recent.length > RECENT_SCORES) this.#recent.shift();
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.#door.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': this.#door.apiKey },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return answer;
  }
}

function named<Name extends string>(name: Name, value: string | null | undefined) {
  return value == null ? {} : { [name]: value };
}
