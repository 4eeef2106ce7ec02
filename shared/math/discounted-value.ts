import { type BgNbd, expectedPurchases, type Repeats } from './bg-nbd.ts';

/**
 * Value of a customer's next months at an end-of-month discount:
 * Σᵢ (E[X(i·u)] − E[X((i−1)·u)]) · spend / (1 + d)ⁱ.
 *
 * Source: Fader, Hardie & Lee (2005), "RFM and CLV: using iso-value curves", discretised by month.
 * @param spend expected spend of a purchase
 * @param options.discount of a month, as a share
 * @param options.unitsPerMonth months in the model's unit of time
 */
export function discountedValue(
  model: BgNbd,
  repeats: Repeats,
  spend: number,
  options: { readonly months: number; readonly discount: number; readonly unitsPerMonth: number },
): { readonly monthlyPurchases: readonly number[]; readonly value: number } {
  const monthlyPurchases: number[] = [];
  let [before, value] = [0, 0];
  for (let month = 1; month <= options.months; month++) {
    const until = expectedPurchases(model, repeats, month * options.unitsPerMonth);
    monthlyPurchases.push(until - before);
    value += ((until - before) * spend) / (1 + options.discount) ** month;
    before = until;
  }
  return { monthlyPurchases, value };
}
