/** Who comes to the shop, with what device, from where, and how keen: all of it plain to see. */
import { cumulative, drawIndex, drawOne, type Random } from './draw.ts';
import { CRAWLING, INTENTS } from './intents.ts';

/** A customer account; several visitors (devices) may share it. */
export interface Customer {
  readonly id: string;
  /** Orders placed under this account since the simulation began. */
  orders: number;
  devices: number;
}

/** A browser or app as the shop sees it; no person is told by it. */
export interface Client {
  readonly device: 'desktop' | 'mobile' | 'tablet' | 'bot';
  readonly userAgent: string;
  readonly country: string;
}

export interface Visitor {
  /** Null: an app that sends only the customer. */
  readonly anonymousId: string | null;
  readonly client: Client;
  /** False: this browser keeps no session cookie, and the 30-minute rule cuts its sessions. */
  readonly sendsSessionId: boolean;
  /** Set once logged in; the browser stays logged in. */
  customer: Customer | null;
  visits: number;
  /** When the visitor was last seen, and will next come; epoch milliseconds. */
  lastSeen: number;
  nextVisit: number;
  leftCart: boolean;
}

export type Channel =
  | 'direct'
  | 'organic_search'
  | 'paid_search'
  | 'social'
  | 'email'
  | 'referral'
  | 'affiliate'
  | 'display';

const USER_AGENTS: Readonly<Record<Client['device'], readonly string[]>> = {
  desktop: [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
    'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
  ],
  mobile: [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
  ],
  tablet: [
    'Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1',
  ],
  bot: [
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
  ],
};

const DEVICES = ['desktop', 'mobile', 'tablet'] as const;
const DEVICE_SUMS = cumulative([40, 54, 6]);

const COUNTRIES = ['GB', 'IE', 'DE', 'FR', 'NL', 'ES', 'IT', 'SE', 'US'] as const;
const COUNTRY_SUMS = cumulative([62, 8, 8, 6, 4, 3, 3, 2, 4]);

export function drawClient(random: Random, isBot: boolean): Client {
  const device = isBot ? 'bot' : (DEVICES[drawIndex(random, DEVICE_SUMS)] as Client['device']);
  const country = COUNTRIES[drawIndex(random, COUNTRY_SUMS)] as string;
  return { device, userAgent: drawOne(random, USER_AGENTS[device]), country };
}

const CHANNELS: readonly Channel[] = [
  'direct',
  'organic_search',
  'paid_search',
  'social',
  'email',
  'referral',
  'affiliate',
  'display',
];
const FIRST_VISIT = cumulative([14, 36, 20, 14, 1, 6, 4, 5]);
const LATER_VISIT = cumulative([38, 24, 10, 6, 14, 3, 2, 3]);
const AFTER_LEFT_CART = cumulative([26, 12, 8, 3, 40, 2, 1, 8]);

export function drawChannel(random: Random, visitor: Visitor): Channel {
  const sums =
    visitor.visits === 0 ? FIRST_VISIT : visitor.leftCart ? AFTER_LEFT_CART : LATER_VISIT;
  return CHANNELS[drawIndex(random, sums)] as Channel;
}

/** Keenness by what is seen when a session begins, in log-odds of deciding against browsing. */
const CHANNEL_INTEREST: Readonly<Record<Channel, number>> = {
  direct: 0.3,
  organic_search: 0,
  paid_search: 0.2,
  social: -0.9,
  email: 0.8,
  referral: 0.1,
  affiliate: 0.3,
  display: -0.7,
};
const DEVICE_INTEREST: Readonly<Record<Client['device'], number>> = {
  desktop: 0.25,
  mobile: -0.25,
  tablet: 0,
  bot: 0,
};
const STRANGER_INTEREST = -0.3;
/** By orders so far: none, one, two or more. */
const CUSTOMER_INTEREST = [0.3, 0.9, 1.4] as const;

export function interest(client: Client, channel: Channel, customer: Customer | null): number {
  const own =
    customer === null
      ? STRANGER_INTEREST
      : (CUSTOMER_INTEREST[Math.min(customer.orders, 2)] as number);
  return CHANNEL_INTEREST[channel] + DEVICE_INTEREST[client.device] + own;
}

/**
 * Probability of each intent at the first deed, in the order of `INTENTS`. Crawlers that do not
 * say so are among the strangers and look like them until they move.
 */
export function initialIntents(keenness: number, stranger: boolean): Float64Array {
  const comparing = Math.exp(-1.2 + 0.6 * keenness);
  const deciding = Math.exp(-3.7 + keenness);
  const crawling = stranger ? 0.008 : 0;
  const total = 1 + comparing + deciding + crawling;
  const initial = new Float64Array(INTENTS.length);
  initial[INTENTS.indexOf('browsing')] = 1 / total;
  initial[INTENTS.indexOf('comparing')] = comparing / total;
  initial[INTENTS.indexOf('deciding')] = deciding / total;
  initial[CRAWLING] = crawling / total;
  return initial;
}
