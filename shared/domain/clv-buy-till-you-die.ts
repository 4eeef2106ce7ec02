import { type BgNbd, expectedPurchases, probabilityAlive, type Repeats } from '../math/bg-nbd.ts';
import { type BgNbdFit, fitBgNbd } from '../math/bg-nbd-fit.ts';
import { groupRepeats } from '../math/bg-nbd-likelihood.ts';
import { expectedSpend, type GammaGamma } from '../math/gamma-gamma.ts';
import { fitGammaGamma, type GammaGammaFit } from '../math/gamma-gamma-fit.ts';
import { type CustomerAsOf, DAY_MS } from './orders/customer-as-of.ts';

const DAYS_OF_A_WEEK = 7;

/** A customer's history as BG/NBD (times in weeks) and Gamma-Gamma take it. */
export interface PurchaseHistory extends Repeats {
  /** Mean spend of a repeat purchase; 0 without any. */
  readonly meanSpend: number;
  /** Spend of the first purchase. */
  readonly firstSpend: number;
}

/** Orders of one day are one purchase. A customer whose orders were all cancelled has none. */
export function purchaseHistory({ orders, firstOrderAt, at }: CustomerAsOf): PurchaseHistory {
  let [days, latest, firstSpend, spend] = [0, -1, 0, 0];
  const first = Math.floor((orders[0]?.at ?? firstOrderAt) / DAY_MS);
  for (const order of orders) {
    const day = Math.floor(order.at / DAY_MS);
    if (day !== latest) days++;
    latest = day;
    if (days === 1) firstSpend += order.value;
    else spend += order.value;
  }
  const x = Math.max(0, days - 1);
  return {
    x,
    tx: x === 0 ? 0 : (latest - first) / DAYS_OF_A_WEEK,
    T: Math.max(0, at / DAY_MS - first) / DAYS_OF_A_WEEK,
    meanSpend: x === 0 ? 0 : Math.max(0, spend / x),
    firstSpend,
  };
}

export interface BuyTillYouDieFit {
  readonly purchases: BgNbdFit;
  readonly spend: GammaGammaFit;
}

/** What the models are once fitted; how they came about is left behind. */
export interface BuyTillYouDie {
  readonly bgNbd: BgNbd;
  readonly gammaGamma: GammaGamma;
}

export interface BuyTillYouDiePrediction {
  readonly alive: number;
  readonly purchases: number;
  readonly value: number;
}

export function predictBuyTillYouDie(
  { bgNbd, gammaGamma }: BuyTillYouDie,
  history: PurchaseHistory,
  days: number,
): BuyTillYouDiePrediction {
  const purchases = expectedPurchases(bgNbd, history, days / DAYS_OF_A_WEEK);
  const each = expectedSpend(gammaGamma, history.meanSpend > 0 ? history.x : 0, history.meanSpend);
  return { alive: probabilityAlive(bgNbd, history), purchases, value: purchases * each };
}

/**
 * Probability that the customer buys nothing in the days to come: has left, or stays and is in no
 * hurry, the rate of a customer who is alive being gamma of r + x and alpha + T.
 */
export function probabilityOfNoPurchase(
  bgNbd: BgNbd,
  history: PurchaseHistory,
  days: number,
): number {
  const { x, T } = history;
  const waited = bgNbd.alpha + T;
  const none = (waited / (waited + days / DAYS_OF_A_WEEK)) ** (bgNbd.r + x);
  return 1 - probabilityAlive(bgNbd, history) * (1 - none);
}

/** Fits BG/NBD and Gamma-Gamma; they always answer, with a diagnosis. */
export function fitBuyTillYouDie(histories: readonly PurchaseHistory[]): BuyTillYouDieFit {
  const purchases = fitBgNbd(
    groupRepeats(
      histories.map(({ x }) => x),
      histories.map(({ tx }) => tx),
      histories.map(({ T }) => T),
    ),
  );
  return { purchases, spend: fitSpend(histories) };
}

/** Where nobody repeats, first purchases tell what a purchase is worth. */
function fitSpend(histories: readonly PurchaseHistory[]): GammaGammaFit {
  const repeated = histories.filter(({ x, meanSpend }) => x > 0 && meanSpend > 0);
  if (repeated.length > 0)
    return fitGammaGamma({
      x: Float64Array.from(repeated, ({ x }) => x),
      m: Float64Array.from(repeated, ({ meanSpend }) => meanSpend),
    });
  const bought = histories.filter(({ firstSpend }) => firstSpend > 0);
  const fit = fitGammaGamma({
    x: new Float64Array(bought.length).fill(1),
    m: Float64Array.from(bought, ({ firstSpend }) => firstSpend),
  });
  return { ...fit, diagnosis: ['nobody-repeats', ...fit.diagnosis], fallback: 'prior' };
}
