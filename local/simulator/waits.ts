import type { Random } from './draw.ts';
import {
  CRAWLER_WAIT_MS,
  CRAWLING,
  INTENTS,
  LONGEST_WAIT_MS,
  MEAN_WAIT_SECONDS,
  SHORTEST_WAIT_MS,
} from './intents.ts';

/** Waits of the intents at a pace: `pace` times as fast as at 1. */
export class Waits {
  /** Rate of each intent's wait beyond the shortest, per millisecond; NaN for crawlers. */
  readonly #rates: Float64Array;
  readonly #span = LONGEST_WAIT_MS - SHORTEST_WAIT_MS;

  constructor(pace: number) {
    this.#rates = Float64Array.from(INTENTS, (intent) =>
      intent === 'crawling' ? Number.NaN : pace / (MEAN_WAIT_SECONDS[intent] * 1000),
    );
  }

  /** Whole milliseconds: geometric beyond the shortest wait, cut at the longest. */
  draw(intent: number, random: Random): number {
    if (intent === CRAWLING) {
      const { from, below } = CRAWLER_WAIT_MS;
      return from + Math.floor(random() * (below - from));
    }
    const rate = this.#rates[intent] as number;
    const within = -Math.expm1(-rate * this.#span);
    const beyond = Math.floor(-Math.log1p(-random() * within) / rate);
    return SHORTEST_WAIT_MS + Math.min(beyond, this.#span - 1);
  }

  /** Probability of a wait of exactly so many milliseconds. */
  chance(intent: number, waited: number): number {
    if (intent === CRAWLING) {
      const { from, below } = CRAWLER_WAIT_MS;
      return waited >= from && waited < below ? 1 / (below - from) : 0;
    }
    const beyond = waited - SHORTEST_WAIT_MS;
    if (beyond < 0 || beyond >= this.#span) return 0;
    const rate = this.#rates[intent] as number;
    return (Math.expm1(-rate) * Math.exp(-rate * beyond)) / Math.expm1(-rate * this.#span);
  }

  /** Probability of a wait of so many milliseconds or more. */
  survival(intent: number, silence: number): number {
    if (intent === CRAWLING) {
      const { from, below } = CRAWLER_WAIT_MS;
      return Math.min(1, Math.max(0, (below - silence) / (below - from)));
    }
    const beyond = Math.ceil(silence) - SHORTEST_WAIT_MS;
    if (beyond <= 0) return 1;
    if (beyond >= this.#span) return 0;
    const rate = this.#rates[intent] as number;
    const end = Math.exp(-rate * this.#span);
    return (Math.exp(-rate * beyond) - end) / (1 - end);
  }
}
