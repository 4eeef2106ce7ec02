/** A request of the load, and the visitor that it is about. */
export interface LoadRequest {
  readonly kind: 'score' | 'events';
  readonly path: string;
  readonly visitor: string;
  readonly body: string;
}

export interface LoadMix {
  /** Requests for scores and requests with events, one to the other, e.g. 10 to 1. */
  readonly scores: number;
  readonly events: number;
}

const EVENTS_PER_REQUEST = 10;
/** Visitors in the shop at once. */
const PRESENT = 1000;
/** Requests with events of a visitor before another takes its place. */
const STAY = 4;
const PRODUCTS = 500;

/**
 * The requests of a shop at work: each sends a visitor's events, ten at a time, or asks about one
 * who is in the shop. Visitors come and go, so that none is as fast as a machine.
 *
 * @param run part of the visitors' ids
 * @returns the request of a number, the same for the same number
 */
export function loadTraffic(run: string, mix: LoadMix): (index: number) => LoadRequest {
  const cycle = mix.scores + mix.events;
  return (index) => {
    const round = Math.floor(index / cycle);
    const place = index % cycle;
    const isEvents = place < mix.events;
    // Requests with events before this one, and with it where it is one.
    const sent = round * mix.events + Math.min(place + 1, mix.events);
    const turn = isEvents || sent === 0 ? Math.max(0, sent - 1) : (index * 7919) % sent;
    const visitor = visitorOf(run, isEvents ? turn : recent(turn, sent));
    return isEvents
      ? { kind: 'events', path: '/v1/events', visitor, body: eventsBody(visitor, turn) }
      : { kind: 'score', path: '/v1/propensity', visitor, body: scoreBody(visitor, index) };
  };
}

/** One of the last thousand requests with events: who sent it is still here. */
function recent(turn: number, sent: number): number {
  return Math.max(0, sent - 1 - (turn % PRESENT));
}

function visitorOf(run: string, turn: number): string {
  const crowd = Math.floor(turn / (PRESENT * STAY));
  return `load-${run}-${crowd * PRESENT + (turn % PRESENT)}`;
}

const KINDS = ['page_view', 'product_view', 'product_view', 'product_view', 'add_to_cart'];

function eventsBody(visitor: string, turn: number): string {
  const events = Array.from({ length: EVENTS_PER_REQUEST }, (_, place) => ({
    event_type: KINDS[place % KINDS.length],
    anonymous_id: visitor,
    product_id: `p${(turn * EVENTS_PER_REQUEST + place) % PRODUCTS}`,
    product_category: 'load',
    price: 10 + (turn % 90),
    currency: 'EUR',
    device_type: 'desktop',
    page_url: `https://shop.example/p/${turn % PRODUCTS}`,
  }));
  return JSON.stringify({ events });
}

function scoreBody(visitor: string, index: number): string {
  return JSON.stringify({ anonymous_id: visitor, product_id: `p${index % PRODUCTS}` });
}
