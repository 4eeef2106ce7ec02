import type { Command } from 'commander';
import { scoreCustomers, snapshotFor } from '../shared/domain/clv-model.ts';
import { largestReasons } from '../shared/domain/clv-reasons.ts';
import { NotEnoughData } from '../shared/errors.ts';
import { alignedTable } from './aligned-table.ts';
import { type AskedFlags, askedOf, day, ORDER_SOURCES } from './clv-orders.ts';

export function register(clv: Command): void {
  clv
    .command('explain')
    .description("why a customer's value is what it is: contributions in money that sum to it")
    .argument('<customer>', 'as the orders name it')
    .requiredOption('--orders <format:file[,file…]>', ORDER_SOURCES)
    .option('--as-of <date>', 'orders before this day count (default: all)')
    .option('--model <version>', 'default: the one that serves, else the newest candidate')
    .option('--json', 'one JSON document')
    .action(explain);
}

interface Flags extends AskedFlags {
  readonly json?: boolean;
}

async function explain(customer: string, flags: Flags): Promise<void> {
  const { model, book, at } = await askedOf(flags);
  const own = { customers: book.customers.filter(({ id }) => id === customer) };
  const [score] = scoreCustomers(model, own, at, { reasons: 0 });
  if (score === undefined)
    throw new NotEnoughData(`${customer} had bought nothing before ${day(at)} in ${flags.orders}`);
  const snapshot = snapshotFor(model, own, at);
  const explanation = model.explain(snapshot, 0);
  const reasons = largestReasons(explanation, snapshot, 0, Number.POSITIVE_INFINITY);
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ model_version: model.version, as_of: day(at), horizon_days: model.document.horizon_days, ...score, base: explanation.base, reasons })}\n`,
    );
    return;
  }
  const { predicted_value, low, high, p_alive, churn_probability, expected_purchases, tier } =
    score;
  const money = (value: number) => value.toFixed(2);
  process.stdout.write(`${customer} is going to spend ${money(predicted_value)} in the ${model.document.horizon_days} days from ${day(at)} (four in five like it ${money(low)} to ${money(high)}): tier ${tier}.
Alive with probability ${p_alive.toFixed(3)}, buys nothing with probability ${churn_probability.toFixed(3)}, ${expected_purchases.toFixed(2)} purchases expected. By ${model.version}.

${alignedTable([
  ['feature', 'value', 'contribution'],
  ['(of a customer of whom nothing is known)', '', money(explanation.base)],
  ...reasons.map(({ feature, value, contribution }) => [
    feature,
    typeof value === 'number' ? String(Number(value.toPrecision(5))) : '–',
    `${contribution > 0 ? '+' : ''}${money(contribution)}`,
  ]),
  ['sum', '', money(predicted_value)],
])}`);
}
