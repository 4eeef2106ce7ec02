/**
 * Spend of a purchase: gamma of shape p, its rate a gamma of shape q and rate v across customers.
 *
 * Source: Fader & Hardie (2013), "The gamma-gamma model of monetary value".
 */
export interface GammaGamma {
  readonly p: number;
  /** Above 1, or the mean spend of all customers is infinite. */
  readonly q: number;
  /** In the unit of money. */
  readonly v: number;
}

/** Mean spend of all customers. */
export function meanSpend({ p, q, v }: GammaGamma): number {
  return (v * p) / (q - 1);
}

/** How much a customer's own mean of x purchases counts against that of all: in [0, 1). */
export function ownWeight({ p, q }: GammaGamma, x: number): number {
  return (p * x) / (p * x + q - 1);
}

/**
 * Expected spend of a customer's purchase (eq. 5).
 * @param x purchases that `mean` is taken over; with 0 it is not looked at
 */
export function expectedSpend(model: GammaGamma, x: number, mean: number): number {
  const weight = ownWeight(model, x);
  return (1 - weight) * meanSpend(model) + (x === 0 ? 0 : weight * mean);
}
