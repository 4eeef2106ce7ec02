import { createHash } from 'node:crypto';
import { NotEnoughData } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import { partLines } from '../clv-publication/gathered-orders.ts';
import { midnightOf } from '../clv-publication/score-part.ts';
import { sampledNumbers } from '../clv-sample.ts';
import { type OrderBook, OrderCollector } from '../orders/order-book.ts';
import type { ClvTrainingPlan } from './training-plan.ts';

/** Fewer tell a model nothing that a machine should act on: `clv train` by hand takes any base. */
const LEAST_CUSTOMERS = 50;

export interface TrainingBook {
  readonly book: OrderBook;
  /** Customers who had bought by the day, in the sample or not. */
  readonly base: number;
  /** Hex SHA-256 of the order lines learned from. */
  readonly digest: string;
}

/**
 * The orders that a run learns from: of a base above `most_customers`, those of a seeded
 * sample of about so many customers. Read part after part, so that only the sample is in memory at once.
 * @throws NotEnoughData for fewer than 50 customers
 */
export async function trainingBook(
  plan: ClvTrainingPlan,
  lake: ObjectStore,
): Promise<TrainingBook> {
  const at = midnightOf(plan.date);
  const bought = new Set<string>();
  for (let part = 0; part < plan.parts; part++)
    for (const { customer, cancels, at: time } of await partLines(plan.run_id, part, lake))
      if (!cancels && time < at) bought.add(customer);
  if (bought.size < LEAST_CUSTOMERS)
    throw new NotEnoughData(
      `${bought.size} customers had bought before ${plan.date}: training by itself takes ${LEAST_CUSTOMERS}`,
    );
  const sample = sampleOf([...bought], plan);
  const collector = new OrderCollector({ files: 1, now: at - 1 });
  const hash = createHash('sha256');
  for (let part = 0; part < plan.parts; part++)
    for (const line of await partLines(plan.run_id, part, lake)) {
      if (line.at >= at || !sample.has(line.customer)) continue;
      collector.add(line);
      hash.update(`${JSON.stringify(line)}\n`);
    }
  return { book: collector.finish(), base: bought.size, digest: hash.digest('hex') };
}

function sampleOf(
  customers: readonly string[],
  { seed, most_customers: most }: ClvTrainingPlan,
): ReadonlySet<string> {
  const sorted = customers.toSorted();
  return new Set(
    sampledNumbers(sorted.length, most, seed).map((number) => sorted[number] as string),
  );
}
