import { parseRouting, routingKey } from '../shared/domain/routing.ts';
import { type DataDirectory, openDataDirectory } from '../shared/embedded/data-directory.ts';
import { openDeadLetterQueue } from '../shared/embedded/dead-letter-queue.ts';
import { openOnlineStore } from '../shared/embedded/online-store.ts';
import { openStreamLog, type StreamLog } from '../shared/embedded/stream-log.ts';
import type { Decision } from '../shared/schemas/score.ts';
import { resourceNamed } from './environment.ts';
import { metricTotals } from './metric-totals.ts';
import type { Platform } from './platform.ts';
import type { LiveShop } from './simulator/live-traffic.ts';

/** What the page shows, bounded whatever the traffic. Times are epoch milliseconds. */
export interface LiveFigures {
  readonly now: number;
  readonly started_at: number;
  readonly stage: string;
  readonly api_key: string;
  readonly flow: {
    /** Events accepted in each of the last 60 seconds, oldest first. */
    readonly per_second: readonly number[];
    readonly accepted: number;
    readonly refused: number;
    readonly ended: Readonly<Record<'processed' | 'late' | 'duplicate' | 'rejected', number>>;
    readonly dead_letters: number;
  };
  readonly scores: {
    readonly per_second: readonly number[];
    readonly total: number;
    readonly degraded: number;
    /** Median of what the shop waited for its latest scores; null without a shop. */
    readonly median_ms: number | null;
    /** Newest first. */
    readonly recent: readonly LiveScore[];
    readonly spread: { readonly edges: readonly number[]; readonly counts: readonly number[] };
  };
  readonly model: {
    readonly name: string;
    readonly champion: string | null;
    readonly challenger: string | null;
    /** Share of the traffic, 0–1. */
    readonly challenger_share: number;
  };
  /** Null where no simulated shop runs. */
  readonly shop: {
    readonly seed: number;
    readonly visitors: number;
    readonly orders: number;
    readonly scored: number;
    readonly mean_truth: number;
    readonly mean_propensity: number;
    /** Truth and propensity of the latest scores. */
    readonly pairs: readonly (readonly [number, number])[];
  } | null;
}

export interface LiveScore {
  readonly at: number;
  readonly decision: string;
  /** The end of the visitor's id: enough to follow, too little to know. */
  readonly visitor: string;
  readonly product: string | null;
  readonly propensity: number;
  readonly truth: number | null;
  readonly action: string;
  readonly model: string;
  readonly variant: Decision['variant'];
  readonly degraded: boolean;
}

const MODEL = 'propensity';
const SECONDS = 60;
const RECENT = 60;
const PAIRS = 200;
/** Decisions read a second; of more, the newest. */
const MAX_READ = 200;
const EDGES = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1];
const SHORT_ID = 6;

/**
 * Follows the running platform: counts each second, and reads the decision log that every score
 * ends in, whoever asked for it. Ends with the data directory.
 */
export class FigureKeeper {
  readonly #platform: Platform;
  readonly #startedAt = Date.now();
  readonly #totals = metricTotals();
  readonly #directory: DataDirectory;
  readonly #decisions: StreamLog;
  readonly #firstDecision: number;
  readonly #recent: Decision[] = [];
  readonly #spread = EDGES.slice(1).map(() => 0);
  readonly #eventsPerSecond: number[] = [];
  readonly #scoresPerSecond: number[] = [];
  #events = 0;
  #lastDecision: number;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#directory = openDataDirectory(platform.dataDir);
    this.#decisions = openStreamLog(this.#directory, resourceNamed('DECISIONS_DELIVERY_STREAM'));
    this.#firstDecision = this.#decisions.last();
    this.#lastDecision = this.#firstDecision;
    this.#events = this.#total('EventsAccepted');
    const timer = setInterval(() => {
      if (this.#directory.database.isOpen) this.#sample();
      else clearInterval(timer);
    }, 1000).unref();
  }

  async figures(shop: LiveShop | null): Promise<LiveFigures> {
    this.#readDecisions();
    const now = Date.now();
    return {
      now,
      started_at: this.#startedAt,
      stage: resourceNamed('STAGE'),
      api_key: this.#platform.apiKey,
      flow: {
        per_second: this.#eventsPerSecond,
        accepted: this.#total('EventsAccepted'),
        refused: this.#total('EventsRefused'),
        ended: {
          processed: this.#total('EventsProcessed'),
          late: this.#total('EventsLate'),
          duplicate: this.#total('EventsDuplicate'),
          rejected: this.#total('EventsRejected'),
        },
        dead_letters: this.#deadLetters(),
      },
      scores: {
        per_second: this.#scoresPerSecond,
        total: this.#lastDecision - this.#firstDecision,
        degraded: this.#total('ScoreDegraded'),
        median_ms: shop === null ? null : medianWait(shop),
        recent: this.#recentScores(shop),
        spread: { edges: EDGES, counts: this.#spread },
      },
      model: await this.#model(),
      shop: shop === null ? null : shopFigures(shop),
    };
  }

  #total(metric: string): number {
    return this.#totals.get(metric) ?? 0;
  }

  #sample(): void {
    const events = this.#total('EventsAccepted');
    push(this.#eventsPerSecond, events - this.#events, SECONDS);
    this.#events = events;
    push(this.#scoresPerSecond, this.#readDecisions(), SECONDS);
  }

  /** @returns how many are new since the last second */
  #readDecisions(): number {
    const last = this.#decisions.last();
    const records = this.#decisions.read(Math.max(this.#lastDecision, last - MAX_READ), MAX_READ);
    for (const { data } of records) {
      const decision = JSON.parse(data) as Decision;
      push(this.#recent, decision, RECENT);
      const bin = EDGES.findLastIndex((edge) => edge <= decision.propensity);
      const index = Math.min(bin, this.#spread.length - 1);
      this.#spread[index] = (this.#spread[index] as number) + 1;
    }
    const count = last - this.#lastDecision;
    this.#lastDecision = last;
    return count;
  }

  #recentScores(shop: LiveShop | null): readonly LiveScore[] {
    const truths = new Map(shop?.recent().map(({ score, truth }) => [score.decision_id, truth]));
    return this.#recent.toReversed().map((decision) => ({
      at: Date.parse(decision.decided_at),
      decision: decision.decision_id,
      visitor: decision.visitor.slice(-SHORT_ID),
      product: decision.product_id,
      propensity: decision.propensity,
      truth: truths.get(decision.decision_id) ?? null,
      action: decision.action.type,
      model: decision.model_version,
      variant: decision.variant,
      degraded: decision.degraded,
    }));
  }

  /** Those that wait in the queues, and those kept in the lake since the start. */
  #deadLetters(): number {
    const queues = this.#platform.wiring.streamMappings.map((mapping) => mapping.deadLetterQueue);
    return [...new Set(queues)].reduce(
      (sum, queue) => sum + openDeadLetterQueue(queue).size(),
      this.#total('DeadLetters'),
    );
  }

  async #model(): Promise<LiveFigures['model']> {
    const key = routingKey(MODEL);
    const items = await openOnlineStore(resourceNamed('ONLINE_TABLE')).read([key]);
    const state = items.get(key)?.state;
    if (state === undefined) {
      const champion = this.#recent.at(-1)?.model_version ?? null;
      return { name: MODEL, champion, challenger: null, challenger_share: 0 };
    }
    const { champion, challenger, percent_bp } = parseRouting(state);
    return { name: MODEL, champion, challenger, challenger_share: percent_bp / 10_000 };
  }
}

function shopFigures(shop: LiveShop): LiveFigures['shop'] {
  const { orders, scores, sumOfTruths, sumOfPropensities } = shop.counts;
  return {
    seed: shop.seed,
    visitors: shop.visitors(),
    orders,
    scored: scores,
    mean_truth: scores === 0 ? 0 : sumOfTruths / scores,
    mean_propensity: scores === 0 ? 0 : sumOfPropensities / scores,
    pairs: shop
      .recent()
      .slice(0, PAIRS)
      .map(({ truth, score }) => [rounded(truth), rounded(score.propensity)] as const),
  };
}

function medianWait(shop: LiveShop): number | null {
  const waits = shop
    .recent()
    .map(({ milliseconds }) => milliseconds)
    .sort((a, b) => a - b);
  return waits[waits.length >> 1] ?? null;
}

const rounded = (probability: number) => Math.round(probability * 1e4) / 1e4;

function push<Element>(list: Element[], element: Element, capacity: number): void {
  list.push(element);
  if (list.length > capacity) list.shift();
}
