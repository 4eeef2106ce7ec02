import { createHash } from 'node:crypto';
import type { Gate } from '../schemas/model.ts';
import type { ClvComparison } from './clv-champion.ts';
import type { ClvEvaluation } from './clv-evaluation.ts';
import type { ClvSlice } from './clv-slices.ts';

export interface ClvReportFacts {
  readonly name: string;
  readonly champion: string;
  readonly evaluation: ClvEvaluation | null;
  /** Null without an evaluation. */
  readonly compared: Pick<ClvComparison, 'training' | 'actual'> | null;
  readonly measured: { readonly from: string; readonly days: number } | null;
  readonly gates: readonly Gate[];
  readonly slices: readonly ClvSlice[];
  readonly seed: number;
}

/** The evaluation as a document: same evaluation, same bytes. */
export function clvReport(facts: ClvReportFacts) {
  const { name, champion, evaluation, compared, measured, gates, slices, seed } = facts;
  return {
    name,
    kind: champion,
    evaluated_on: evaluation &&
      compared && {
        ...measured,
        customers: evaluation.customers,
        buyers: evaluation.buyers,
        total: evaluation.total,
        digest: rowsDigest(compared),
        seed,
      },
    metrics: evaluation && Object.fromEntries(evaluation.models),
    champion_minus: evaluation && Object.fromEntries(evaluation.differences),
    draws:
      evaluation &&
      Object.fromEntries(
        Object.entries(evaluation.draws).map(([metric, draws]) => [
          metric,
          Array.from(draws, (value) => (Number.isNaN(value) ? null : Number(value.toFixed(6)))),
        ]),
      ),
    deciles: evaluation && Object.fromEntries(evaluation.deciles),
    lorenz: evaluation?.lorenz ?? null,
    slices,
    gates,
  };
}
export type ClvReport = ReturnType<typeof clvReport>;

/** Equal where two models were measured on the same customers and what they spent. */
function rowsDigest({ training, actual }: Pick<ClvComparison, 'training' | 'actual'>): string {
  const ids = training.snapshot.customers.map(({ customer }) => customer.id);
  return createHash('sha256')
    .update(JSON.stringify(ids))
    .update(new Uint8Array(actual.buffer, actual.byteOffset, actual.byteLength))
    .digest('hex');
}
