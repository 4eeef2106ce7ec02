import type { LiveShop, ScoreWithTruth } from './live-traffic.ts';

/** What of a terminal is used: `process.stderr` is one. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const ROW_EVERY_MS = 1000;
const SUMMARY_EVERY_MS = 15_000;
const BAR = 16;

/**
 * Tells the live shop in a terminal: the likeliest buyer of each second in a row, and a line of
 * totals that stays at the bottom. What is no terminal gets a line of totals now and then.
 * @returns the end of it
 */
export function tellShop(shop: LiveShop, terminal: Terminal): () => void {
  const live = terminal.isTTY === true;
  let told = 0;
  let since = 0;
  const timer = setInterval(
    () => {
      const text = live ? rowOf(shop, since) : `${totalsOf(shop)}\n`;
      since = shop.counts.scores;
      if (live && told++ === 0) terminal.write(`${HEADING}\n`);
      terminal.write(live ? `${CLEAR_LINE}${text}${totalsOf(shop)}` : text);
    },
    live ? ROW_EVERY_MS : SUMMARY_EVERY_MS,
  );
  timer.unref();
  return () => {
    clearInterval(timer);
    if (live && told > 0) terminal.write('\n');
  };
}

const CLEAR_LINE = '\r\u001b[2K';
const HEADING = `\n${'time'.padEnd(10)}${'visitor'.padEnd(9)}${'product'.padEnd(9)}${'propensity'.padEnd(BAR + 9)}${'truth'.padStart(6)}  action`;

/** The likeliest buyer among the scores after the first `since`; empty where there is none. */
function rowOf(shop: LiveShop, since: number): string {
  const fresh = shop.recent().slice(0, shop.counts.scores - since);
  const likeliest = fresh.reduce<ScoreWithTruth | null>(
    (best, score) => (score.score.propensity > (best?.score.propensity ?? -1) ? score : best),
    null,
  );
  return likeliest === null ? '' : `${scoreRow(likeliest)}\n`;
}

/** One score in columns; the bar is the propensity. */
export function scoreRow({ at, visitor, productId, score, truth }: ScoreWithTruth): string {
  const filled = Math.round(score.propensity * BAR);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
  const action = score.degraded ? `${score.action.type} (degraded)` : score.action.type;
  return [
    new Date(at).toTimeString().slice(0, 8).padEnd(10),
    visitor.slice(-6).padEnd(9),
    (productId ?? '–').padEnd(9),
    bar,
    percent(score.propensity).padStart(7).padEnd(9),
    percent(truth).padStart(6),
    `  ${action}`,
  ].join('');
}

function totalsOf(shop: LiveShop): string {
  const { events, scores, orders, failures } = shop.counts;
  const failed = failures > 0 ? `, ${failures} requests failed` : '';
  return `${shop.visitors()} visitors · ${events} events · ${scores} scores · ${orders} orders${failed}`;
}

function percent(probability: number): string {
  return `${(probability * 100).toFixed(1)}%`;
}
