import { expectedPurchases, probabilityAlive, type Repeats } from '../math/bg-nbd.ts';
import { type BgNbdFit, fitBgNbd } from '../math/bg-nbd-fit.ts';
import { groupRepeats } from '../math/bg-nbd-likelihood.ts';
import { expectedSpend } from '../math/gamma-gamma.ts';
import { fitGammaGamma, type GammaGammaFit } from '../math/gamma-gamma-fit.ts';
import { type CustomerAsOf, DAY_MS, orderDays } from './orders/customer-as-of.ts';

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
  const days = orderDays(orders);
  const first = days[0]?.day ?? Math.floor(firstOrderAt / DAY_MS);
  const repeats = days.slice(1);
  const spend = repeats.reduce((sum, { value }) => sum + value, 0);
  return {
    x: repeats.length,
    tx: ((repeats.at(-1)?.day ?? first) - first) / DAYS_OF_A_WEEK,
    T: Math.max(0, at / DAY_MS - first) / DAYS_OF_A_WEEK,
    meanSpend: repeats.length === 0 ? 0 : Math.max(0, spend / repeats.length),
    firstSpend: days[0]?.value ?? 0,
  };
}

export interface BuyTillYouDie {
  readonly purchases: BgNbdFit;
  readonly spend: GammaGammaFit;
  predict(history: PurchaseHistory, days: number): BuyTillYouDiePrediction;
}

export interface BuyTillYouDiePrediction {
  readonly alive: number;
  readonly purchases: number;
  readonly value: number;
}

/** Fits BG/NBD and Gamma-Gamma; they always answer, with a diagnosis. */
export function fitBuyTillYouDie(histories: readonly PurchaseHistory[]): BuyTillYouDie {
  const purchases = fitBgNbd(
    groupRepeats(
      histories.map(({ x }) => x),
      histories.map(({ tx }) => tx),
      histories.map(({ T }) => T),
    ),
  );
  const spend = fitSpend(histories);
  return {
    purchases,
    spend,
    predict(history, days) {
      const expected = expectedPurchases(purchases.model, history, days / DAYS_OF_A_WEEK);
      const each = expectedSpend(
        spend.model,
        history.meanSpend > 0 ? history.x : 0,
        history.meanSpend,
      );
      return {
        alive: probabilityAlive(purchases.model, history),
        purchases: expected,
        value: expected * each,
      };
    },
  };
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
