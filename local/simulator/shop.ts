import { seededRandom } from '../../shared/math/seeded-random.ts';
import { Agenda, type Appointment } from './agenda.ts';
import {
  type Catalogue,
  drawCatalogue,
  drawFromShelf,
  type Product,
  type Shelf,
} from './catalogue.ts';
import { drawExponential, drawIndex, drawOne, type Random } from './draw.ts';
import {
  type Belief,
  observe,
  type ProductSight,
  purchaseProbability,
  purchaseProbabilityAfter,
} from './ideal-observer.ts';
import {
  apply,
  CRAWLING,
  DEEDS,
  type Deed,
  doingIn,
  INTENTS,
  type Intent,
  lookingOf,
  passingFrom,
  purchaseProbabilities,
  SATISFIED,
  type Situation,
} from './intents.ts';
import { arrivals } from './rhythm.ts';
import {
  type Channel,
  type Client,
  type Customer,
  drawChannel,
  drawClient,
  initialIntents,
  interest,
  type Visitor,
} from './visitors.ts';
import { Waits } from './waits.ts';

export interface ShopOptions {
  /** Any integer. The same options give the same events, byte for byte. */
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly startAt: number;
  /** Visitors come, and come back, for so many days; sessions begun by then run to their end. */
  readonly days: number;
  /** Distinct visitors who come within the days, bots among them. */
  readonly visitors: number;
  /** `weekly`: busy evenings and Sundays, quiet nights (UTC). Default `weekly`. */
  readonly rhythm?: 'weekly' | 'flat';
  /** How fast people act and come back; 1 is natural. */
  readonly pace?: number;
  /** Visitors already at the door: they come in within the first seconds, besides `visitors`. */
  readonly opening?: number;
  /** From `afterDays` on, all sessions begin keener (or, below 0, less keen) by this log-odds. */
  readonly drift?: { readonly afterDays: number; readonly interest: number };
}

/** An event as the shop's servers would send it to the door. */
interface ShopEvent {
  readonly event_id: string;
  readonly event_type: Deed | 'refund';
  readonly event_timestamp: string;
  readonly anonymous_id: string | null;
  readonly user_id: string | null;
  readonly session_id: string | null;
  readonly user_agent: string;
  readonly country: string;
  readonly product_id?: string;
  readonly product_category?: string;
  readonly brand?: string;
  readonly price?: number;
  readonly quantity?: number;
  readonly currency?: string;
  readonly order_id?: string;
  readonly query?: string;
  readonly channel_type?: Channel;
  readonly page_url?: string;
  readonly referrer?: string;
}

interface Truth {
  readonly visitor: string;
  /** Null for a refund, which belongs to no session. */
  readonly session: string | null;
  /**
   * Probability of an order later in this session given all that can be seen of it: what a
   * perfect model would answer. Known exactly.
   */
  readonly purchase_probability: number;
  /** The same for one who could also read the visitor's mind: given the hidden intent. */
  readonly intent_probability: number;
  readonly intent: Intent | null;
  /** `purchase_probability` once nothing has happened for so many milliseconds. */
  readonly afterSilence: (silence: number) => number;
}

export interface SimulatedEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly event: ShopEvent;
  /** The browser that did it. */
  readonly client: Client;
  readonly truth: Truth;
}

const DECLARED_BOTS = 0.01;
const CUSTOMERS = 0.12; // of the visitors, recognised from their first visit on
const SECOND_DEVICE = 0.2; // of the known visitors, whose account another device uses too
const WITHOUT_COOKIE = 0.15; // of the customers of the first visit
const WITHOUT_SESSION_ID = 0.3;
const COMES_BACK = { stranger: 0.25, customer: 0.55, leftCart: 0.2 };
const MEAN_DAYS_AWAY = 3;
const MEAN_DAYS_OFF_HABIT = 0.06;
const SHORTEST_ABSENCE_MS = 31 * 60_000; // above the 30 minutes that end a session
const REFUNDED_LINES = 0.06;
const REFUND_DAYS = { from: 2, to: 14 };
const OPENING_MS = 15_000;
const DAY_MS = 86_400_000;
const CURRENCY = 'GBP';
const SITE = 'https://shop.example';
const PAGES = ['/', '/new', '/offers', '/delivery', '/returns', '/about', '/cart'] as const;
const CATALOGUE_SEED = 1; // the shop is the same whoever comes

interface Arrival extends Appointment {
  readonly kind: 'arrival';
  readonly regular: boolean;
}
interface Visit extends Appointment {
  readonly kind: 'visit';
  readonly visitor: Visitor;
}
interface Refund extends Appointment {
  readonly kind: 'refund';
  readonly visitor: Visitor;
  readonly line: ShopEvent;
}
interface Session extends Appointment {
  readonly kind: 'session';
  readonly id: string;
  readonly visitor: Visitor;
  readonly channel: Channel;
  readonly situation: Situation;
  /** Null for a declared bot: there is nothing to find out. */
  readonly belief: Belief | null;
  readonly viewed: number[];
  /** One entry a unit. */
  readonly cart: number[];
  intent: number;
  lastViewed: number | null;
  lastDeedAt: number | null;
}

/**
 * A shop's traffic in order of time: who does what, and how likely each is to buy. Lazy: memory
 * grows with the visitors expected back, not with the events.
 * @throws RangeError for rates or times that are no numbers above 0
 */
export function simulateShop(options: ShopOptions): Generator<SimulatedEvent> {
  for (const [name, value] of Object.entries({
    days: options.days,
    visitors: options.visitors,
    pace: options.pace ?? 1,
  })) {
    if (!(value > 0)) throw new RangeError(`${name} must be above 0, it is ${value}`);
  }
  return new Shop(options).open();
}

class Shop {
  readonly #random: Random;
  readonly #catalogue: Catalogue;
  readonly #waits: Waits;
  readonly #agenda = new Agenda<Arrival | Visit | Refund | Session>();
  readonly #arrivals: Generator<number>;
  readonly #customers: Customer[] = [];
  readonly #options: ShopOptions;
  readonly #closesAt: number;
  /** Tells runs with other options apart, so that they can share a lake. */
  readonly #run: string;
  #count = 0;

  constructor(options: ShopOptions) {
    const { seed, startAt, days, visitors, rhythm = 'weekly', pace = 1 } = options;
    this.#options = options;
    this.#random = seededRandom(seed);
    this.#catalogue = drawCatalogue(seededRandom(CATALOGUE_SEED));
    this.#waits = new Waits(pace);
    this.#closesAt = startAt + days * DAY_MS;
    this.#run = `${seed.toString(36)}${Math.floor(startAt / 1000).toString(36)}`;
    this.#arrivals = arrivals(this.#random, { startAt, days, count: visitors, rhythm });
  }

  *open(): Generator<SimulatedEvent> {
    const { startAt, opening = 0 } = this.#options;
    for (let guest = 0; guest < opening; guest++) {
      const at = startAt + Math.floor(this.#random() * OPENING_MS);
      this.#agenda.enter({ kind: 'arrival', at, regular: false });
    }
    this.#expectArrival();
    for (let entry = this.#agenda.take(); entry; entry = this.#agenda.take()) {
      if (entry.kind === 'session') yield* this.#act(entry);
      else if (entry.kind === 'refund') yield* this.#refund(entry);
      else if (entry.kind === 'visit') this.#begin(entry.visitor, entry.at);
      else {
        if (entry.regular) this.#expectArrival();
        this.#begin(this.#newVisitor(), entry.at);
      }
    }
  }

  #expectArrival(): void {
    const { value } = this.#arrivals.next();
    if (value !== undefined) this.#agenda.enter({ kind: 'arrival', at: value, regular: true });
  }

  #id(kind: string): string {
    return `${kind}-${this.#run}-${(this.#count++).toString(36)}`;
  }

  #newVisitor(): Visitor {
    const isBot = this.#random() < DECLARED_BOTS;
    const customer = !isBot && this.#random() < CUSTOMERS ? this.#account() : null;
    const cookieless = customer?.devices === 1 && this.#random() < WITHOUT_COOKIE;
    return {
      anonymousId: cookieless ? null : this.#id('v'),
      client: drawClient(this.#random, isBot),
      sendsSessionId: this.#random() >= WITHOUT_SESSION_ID,
      customer,
      visits: 0,
      lastSeen: Number.NEGATIVE_INFINITY,
      nextVisit: Number.POSITIVE_INFINITY,
      leftCart: false,
    };
  }

  /** An account that another device uses already, or a new one. */
  #account(): Customer {
    if (this.#customers.length > 0 && this.#random() < SECOND_DEVICE) {
      const customer = drawOne(this.#random, this.#customers);
      customer.devices++;
      return customer;
    }
    const customer = { id: this.#id('c'), orders: 0, devices: 1 };
    this.#customers.push(customer);
    return customer;
  }

  #begin(visitor: Visitor, at: number): void {
    const { drift } = this.#options;
    const channel = drawChannel(this.#random, visitor);
    const drifted = drift && at >= this.#options.startAt + drift.afterDays * DAY_MS;
    const keenness =
      interest(visitor.client, channel, visitor.customer) + (drifted ? drift.interest : 0);
    const isBot = visitor.client.device === 'bot';
    const initial = initialIntents(keenness, visitor.customer === null);
    visitor.visits++;
    visitor.leftCart = false;
    visitor.nextVisit = Number.POSITIVE_INFINITY;
    visitor.lastSeen = Number.POSITIVE_INFINITY; // until the session ends
    this.#agenda.enter({
      kind: 'session',
      at,
      id: this.#id('s'),
      visitor,
      channel,
      situation: { units: 0, checkoutStarted: false, known: visitor.customer !== null },
      belief: isBot ? null : initial,
      viewed: [],
      cart: [],
      intent: isBot ? CRAWLING : this.#drawFrom(initial, 0, INTENTS.length),
      lastViewed: null,
      lastDeedAt: null,
    });
  }

  /** The session's next deed, then either an appointment for another or the end. */
  *#act(session: Session): Generator<SimulatedEvent> {
    const { situation, belief } = session;
    const before = { ...situation };
    const deeds = doingIn(situation);
    const from = session.intent * DEEDS.length;
    const deed = DEEDS[this.#drawFrom(deeds, from, from + DEEDS.length) - from] as Deed;
    const waited = session.lastDeedAt === null ? null : session.at - session.lastDeedAt;
    if (deed === 'identify') session.visitor.customer = this.#account();
    const looked = deed === 'product_view' ? this.#look(session) : null;
    apply(deed, situation);
    if (deed === 'purchase') session.intent = SATISFIED;
    if (belief !== null)
      observe(belief, { deed, waited, product: looked?.sight ?? null }, before, this.#waits);
    const truth = this.#truth(session);
    for (const event of this.#events(session, deed, looked?.product ?? null)) {
      yield { at: session.at, event, client: session.visitor.client, truth };
    }
    session.lastDeedAt = session.at;
    this.#proceed(session);
  }

  #proceed(session: Session): void {
    const table = passingFrom(session.situation);
    const from = session.intent * INTENTS.length;
    const next = this.#drawFrom(table, from, from + INTENTS.length) - from;
    if (next === INTENTS.length) {
      this.#end(session);
      return;
    }
    session.intent = next;
    session.at += this.#waits.draw(next, this.#random);
    this.#agenda.enter(session);
  }

  #end({ visitor, at, cart }: Session): void {
    visitor.lastSeen = at;
    visitor.leftCart = cart.length > 0;
    if (visitor.client.device === 'bot') return;
    const chance =
      (visitor.customer === null ? COMES_BACK.stranger : COMES_BACK.customer) +
      (visitor.leftCart ? COMES_BACK.leftCart : 0);
    if (this.#random() >= chance) return;
    // About the same time of day: people have habits.
    const days =
      Math.round(drawExponential(this.#random, MEAN_DAYS_AWAY)) +
      drawExponential(this.#random, MEAN_DAYS_OFF_HABIT);
    const away = Math.floor((days * DAY_MS) / (this.#options.pace ?? 1));
    const nextVisit = at + SHORTEST_ABSENCE_MS + away;
    if (nextVisit >= this.#closesAt) return;
    visitor.nextVisit = nextVisit;
    this.#agenda.enter({ kind: 'visit', at: nextVisit, visitor });
  }

  /** Put off while the visitor is in the shop or about to be, so that it joins no session. */
  *#refund(refund: Refund): Generator<SimulatedEvent> {
    const { visitor, at, line } = refund;
    const sinceSeen = at - visitor.lastSeen;
    if (sinceSeen < SHORTEST_ABSENCE_MS || visitor.nextVisit - at < SHORTEST_ABSENCE_MS) {
      refund.at += 2 * SHORTEST_ABSENCE_MS;
      this.#agenda.enter(refund);
      return;
    }
    if (at >= this.#closesAt) return;
    const event = {
      ...line,
      session_id: null,
      event_id: this.#id('e'),
      event_type: 'refund' as const,
      event_timestamp: new Date(at).toISOString(),
    };
    yield { at, event, client: visitor.client, truth: { ...NO_SESSION, visitor: nameOf(visitor) } };
  }

  #truth(session: Session): Truth {
    const { belief, situation, visitor, id, intent } = session;
    const hidden = purchaseProbabilities(situation)[intent] as number;
    const common = {
      visitor: nameOf(visitor),
      session: id,
      intent_probability: hidden,
      intent: INTENTS[intent] as Intent,
    };
    if (belief === null) return { ...common, purchase_probability: 0, afterSilence: never };
    const waits = this.#waits;
    const beliefNow = belief.slice();
    const situationNow = { ...situation };
    return {
      ...common,
      purchase_probability: purchaseProbability(belief, situation),
      afterSilence: (silence) => purchaseProbabilityAfter(silence, beliefNow, situationNow, waits),
    };
  }

  #look({ intent, viewed, lastViewed }: Session): { product: number; sight: ProductSight } {
    const { products, popularity, shelves } = this.#catalogue;
    const viewedBefore = lastViewed !== null;
    const shelf = viewedBefore ? shelves[this.#product(lastViewed).category] : undefined;
    const looks = lookingOf(intent, viewedBefore);
    const look = this.#drawFrom(looks, 0, looks.length);
    let product: number;
    if (look === 0) product = drawOne(this.#random, viewed);
    else if (look === 1) product = drawFromShelf(this.#random, shelf as Shelf);
    else if (look === 2) product = drawIndex(this.#random, popularity);
    else product = Math.floor(this.#random() * products.length);
    const { category, popularity: share } = this.#product(product);
    const again = viewedBefore && viewed.includes(product) ? 1 / viewed.length : 0;
    const near = shelf && shelf === shelves[category] ? share / shelf.popularity : 0;
    return { product, sight: { viewedBefore, chances: [again, near, share, 1 / products.length] } };
  }

  #product(index: number): Product {
    return this.#catalogue.products[index] as Product;
  }

  /** Carries the deed out and tells it in the shop's words. */
  #events(session: Session, deed: Deed, looked: number | null): readonly ShopEvent[] {
    const common = this.#common(session, deed);
    const { cart, viewed } = session;
    switch (deed) {
      case 'page_view':
        return [{ ...common, ...page(session, drawOne(this.#random, PAGES)) }];
      case 'search':
        return [{ ...common, query: this.#query(), ...page(session, '/search') }];
      case 'product_view': {
        const product = looked as number;
        if (!viewed.includes(product)) viewed.push(product);
        session.lastViewed = product;
        const { id } = this.#product(product);
        return [{ ...common, ...this.#told(product), ...page(session, `/products/${id}`) }];
      }
      case 'add_to_cart': {
        const product = session.lastViewed ?? drawIndex(this.#random, this.#catalogue.popularity);
        cart.push(product);
        return [{ ...common, ...this.#told(product), ...landing(session), quantity: 1 }];
      }
      case 'remove_from_cart': {
        const [product] = cart.splice(Math.floor(this.#random() * cart.length), 1);
        return [{ ...common, ...this.#told(product as number), quantity: 1 }];
      }
      case 'purchase':
        return this.#order(session, common);
      default:
        return [{ ...common, ...landing(session) }];
    }
  }

  /** One event a line under one order id. */
  #order({ visitor, cart, at }: Session, common: ShopEvent): readonly ShopEvent[] {
    const order_id = this.#id('o');
    const lines = [...new Set(cart)].map((product, index) => ({
      ...common,
      event_id: index === 0 ? common.event_id : this.#id('e'),
      ...this.#told(product),
      quantity: cart.filter((unit) => unit === product).length,
      order_id,
    }));
    cart.length = 0;
    if (visitor.customer) visitor.customer.orders++;
    for (const line of lines) {
      if (this.#random() >= REFUNDED_LINES) continue;
      const days = REFUND_DAYS.from + this.#random() * (REFUND_DAYS.to - REFUND_DAYS.from);
      this.#agenda.enter({ kind: 'refund', at: at + Math.floor(days * DAY_MS), visitor, line });
    }
    return lines;
  }

  #common({ at, id, visitor }: Session, deed: Deed): ShopEvent {
    return {
      event_id: this.#id('e'),
      event_type: deed,
      event_timestamp: new Date(at).toISOString(),
      anonymous_id: visitor.anonymousId,
      user_id: visitor.customer?.id ?? null,
      session_id: visitor.sendsSessionId ? id : null,
      user_agent: visitor.client.userAgent,
      country: visitor.client.country,
    };
  }

  #told(product: number) {
    const { id, category, brand, price } = this.#product(product);
    return {
      product_id: id,
      product_category: (this.#catalogue.shelves[category] as Shelf).name,
      brand,
      price,
      currency: CURRENCY,
    };
  }

  /** What people type: case and blanks as they come. */
  #query(): string {
    const shelf = drawOne(this.#random, this.#catalogue.shelves).name;
    const { brand } = drawOne(this.#random, this.#catalogue.products);
    const style = this.#random();
    if (style < 0.3) return `${brand} ${shelf}`;
    return style < 0.4 ? ` ${shelf.toUpperCase()} ` : shelf;
  }

  /**
   * Index in [from, to) by the probabilities there, or `to` for what they lack to 1. A full row
   * never gives `to`: its rounding (1e-16) is below the finest step of the random numbers (2e-10).
   */
  #drawFrom(probabilities: ArrayLike<number>, from: number, to: number): number {
    let point = this.#random();
    for (let index = from; index < to; index++) {
      point -= probabilities[index] as number;
      if (point < 0) return index;
    }
    return to;
  }
}

const never = () => 0;

const NO_SESSION = {
  session: null,
  purchase_probability: 0,
  intent_probability: 0,
  intent: null,
  afterSilence: never,
} as const;

function nameOf({ anonymousId, customer }: Visitor): string {
  return anonymousId ?? (customer as Customer).id;
}

/** Campaign parameters and referrer of a session's first page, by channel. */
const LANDINGS: Readonly<
  Record<Channel, { parameters?: string; referrer?: string; channel_type?: Channel }>
> = {
  direct: { channel_type: 'direct' },
  organic_search: { referrer: 'https://www.google.com/' },
  paid_search: { parameters: '?utm_source=google&utm_medium=cpc&utm_campaign=autumn' },
  social: { referrer: 'https://www.instagram.com/' },
  email: { parameters: '?utm_source=newsletter&utm_medium=email' },
  referral: { referrer: 'https://reviews.example/' },
  affiliate: { parameters: '?utm_source=partner&utm_medium=affiliate' },
  display: { parameters: '?utm_source=network&utm_medium=display' },
};

/** Where a session begins with a deed that is no page of its own. */
function landing(session: Session): Partial<ShopEvent> {
  return session.lastDeedAt === null ? page(session, '/') : {};
}

function page({ channel, lastDeedAt }: Session, path: string): Partial<ShopEvent> {
  if (lastDeedAt !== null) return { page_url: `${SITE}${path}` };
  const { parameters = '', ...rest } = LANDINGS[channel];
  return { page_url: `${SITE}${path}${parameters}`, ...rest };
}
