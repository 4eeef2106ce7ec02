import { seededRandom } from '../../shared/math/seeded-random.ts';

export interface Payment {
  readonly customer: string;
  readonly day: number;
  readonly amount: number;
}

/** Payments of customers who come at rates and spend amounts of their own, by day from 0. */
export function payments(customers: number, days: number, seed: number): readonly Payment[] {
  const random = seededRandom(seed);
  return Array.from({ length: customers }, (_, index) => {
    const [every, mean, patience] = [10 + 120 * random(), 5 + 95 * random(), 0.02 + 0.2 * random()];
    const own: Payment[] = [];
    for (let day = Math.floor(random() * days * 0.6); day < days; ) {
      own.push({
        customer: `c${index}`,
        day,
        amount: Math.round(mean * (50 + 100 * random())) / 100,
      });
      if (random() < patience) break;
      day += 1 + Math.floor(-every * Math.log(1 - random()));
    }
    return own;
  }).flat();
}

const FIRST_DAY = Date.UTC(2020, 0, 1);

export const dateOf = (day: number) =>
  new Date(FIRST_DAY + day * 86_400_000).toISOString().slice(0, 10);

/** As a file of transactions. */
export function transactionsCsv(rows: readonly Payment[]): string {
  const lines = rows.map(({ customer, day, amount }) => `${customer},${dateOf(day)},${amount}`);
  return `${['customer_id,date,amount', ...lines].join('\n')}\n`;
}
