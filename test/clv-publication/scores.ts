import type { ClvScore } from '../../shared/schemas/clv.ts';

/** A usable score; `given` replaces what a test is about. */
export function scoreOf(customer_id: string, given: Partial<ClvScore> = {}): ClvScore {
  return {
    customer_id,
    predicted_value: 100,
    low: 10,
    high: 300,
    p_alive: 0.75,
    churn_probability: 0.5,
    expected_purchases: 2,
    tier: 'medium',
    reasons: [{ feature: 'frequency', value: 3, contribution: 0.25 }],
    ...given,
  };
}

/** A base of customers of every tier, the higher the number the more valuable. */
export function baseOf(customers: number, factor = 1): readonly ClvScore[] {
  return Array.from({ length: customers }, (_, number) => {
    const tier = number % 10 === 9 ? 'high' : number % 10 > 5 ? 'medium' : 'low';
    return scoreOf(`k1_${String(number).padStart(6, '0')}`, {
      predicted_value: factor * (1 + (number % 10) ** 2),
      tier,
    });
  });
}
