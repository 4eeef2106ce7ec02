import { writeFileSync } from 'node:fs';
import { type ClvModel, scoreCustomers } from '../../shared/domain/clv-model.ts';
import type { ImportCounts, OrderBook } from '../../shared/domain/orders/order-book.ts';
import type { ClvScore, ClvValueTier } from '../../shared/schemas/clv.ts';

/** A line of the file of scores. */
export const SCORE_COLUMNS = [
  { name: 'customer_id', type: 'text' },
  { name: 'predicted_value', type: 'number' },
  { name: 'low', type: 'number' },
  { name: 'high', type: 'number' },
  { name: 'p_alive', type: 'number' },
  { name: 'churn_probability', type: 'number' },
  { name: 'expected_purchases', type: 'number' },
  { name: 'tier', type: 'text' },
] as const;

/** What was written of some customers. */
export interface ScoredPart {
  readonly customers: number;
  readonly predictedValue: number;
  readonly tiers: Readonly<Record<ClvValueTier, number>>;
  /** Of the lines of their orders. */
  readonly counts: Readonly<ImportCounts>;
}

/**
 * Scores the customers of a part and writes them, without a header.
 * @param at epoch milliseconds: orders from then on are not looked at
 */
export function writeScores(
  model: ClvModel,
  part: OrderBook,
  at: number,
  path: string,
): ScoredPart {
  const scores = scoreCustomers(model, part, at, { reasons: 0 });
  const tiers = { low: 0, medium: 0, high: 0 };
  let predictedValue = 0;
  for (const score of scores) {
    tiers[score.tier]++;
    predictedValue += score.predicted_value;
  }
  writeFileSync(path, scores.map(lineOf).join(''));
  return { customers: scores.length, predictedValue, tiers, counts: part.counts };
}

function lineOf(score: ClvScore): string {
  const id = score.customer_id;
  const cell = /[",\r\n]/.test(id) ? `"${id.replaceAll('"', '""')}"` : id;
  const money = `${score.predicted_value.toFixed(4)},${score.low.toFixed(4)},${score.high.toFixed(4)}`;
  return `${cell},${money},${score.p_alive.toFixed(6)},${score.churn_probability.toFixed(6)},${score.expected_purchases.toFixed(6)},${score.tier}\n`;
}
