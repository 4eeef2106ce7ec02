import { CLV_CANDIDATES, type ClvDocument } from '../schemas/clv-model.ts';
import type { Gate, Manifest, MetricInterval } from '../schemas/model.ts';
import { CLV_METRICS, type ClvEvaluation, type ClvMetric } from './clv-evaluation.ts';
import type { ClvSlice } from './clv-slices.ts';
import { gatesTable, markdownTable } from './model-card.ts';

/** The card of a model of customers' values, in Markdown. */
export function clvCard(facts: {
  readonly document: ClvDocument;
  readonly training: Manifest['training'];
  readonly evaluation: ClvEvaluation | null;
  /** Day that the evaluation's horizon began on, and its days; null without one. */
  readonly measured: { readonly from: string; readonly days: number } | null;
  readonly gates: readonly Gate[];
  readonly slices: readonly ClvSlice[];
}): string {
  const { document, training, evaluation, measured, gates, slices } = facts;
  const { horizon_days, label_days, bg_nbd, intervals, cut_points } = document;
  return `# clv: ${document.champion}

What each customer spends in the ${horizon_days} days from the day of scoring, net of returns.

## Intended use

Ranking customers, planning contact and service by tier. Not for prices, credit, or any decision that
has a legal effect on a person.

## Data

- Orders from ${training.from} to ${training.to} (not included): ${training.customers} customers.
- ${training.rows} rows of ${training.parameters['cutoffs']} sliding cut-offs; labels of ${label_days} days${label_days < horizon_days ? `, because the history is shorter than two horizons; values are drawn out to ${horizon_days} days as BG/NBD expects purchases to grow` : ''}, capped at ${document.value_cap.toFixed(2)}.
- SHA-256 of the orders: ${training.data_digests.map((digest) => `\`${digest}\``).join(', ')}

## Method

BG/NBD × Gamma-Gamma${bg_nbd.diagnosis.length === 0 ? '' : ` (${bg_nbd.diagnosis.join(', ')}${bg_nbd.fallback === null ? '' : `; in its place: ${bg_nbd.fallback}`})`}, ${document.trees === null ? 'no trees: too few rows to learn from' : 'two-stage trees (will buy × how much), Tweedie trees, and trees that correct BG/NBD × Gamma-Gamma'}. The champion was chosen at an earlier cut-off${measured === null ? ': there was none, it is the fallback' : ''}. All candidates predict one total, that of
BG/NBD × Gamma-Gamma ${document.season === null ? 'without a season: less than a year is known' : 'times the season a year ago'}.

Tiers: high from ${cut_points.high}, medium from ${cut_points.medium}. Intervals (80 %): ${intervals.basis === 'exponential' ? 'of an exponential distribution, there being no later rows' : `quantiles of later customers by predicted value; ${((intervals.coverage ?? 0) * 100).toFixed(1)} % of customers who had no part in them are within`}.

## Metrics

${evaluation === null || measured === null ? 'Nothing followed any cut-off for long enough: nothing is measured.' : `On ${evaluation.customers} customers in the ${measured.days} days after ${measured.from}, models trained before; 95 % intervals by bootstrap over customers.\n\n${clvMetricsTable(evaluation)}`}

## Gates

${gatesTable(gates)}

${gates.map(({ name, rule }) => `- **${name}**: ${rule}`).join('\n')}

## Groups

${slices.length === 0 ? 'No group is large enough.' : slicesTable(slices)}

## Limits

- It knows orders${document.trees === null ? '' : ' and, where there are any, sessions and carts'}; nothing of prices, stock or campaigns to come.
- The champion was chosen on the rows that it is measured on here, among ${document.trees === null ? 1 : CLV_CANDIDATES.length}: that flatters it a little.
- P(alive) and expected purchases are those of BG/NBD, whichever model gives the value.
- Contributions describe the model, not causes.
`;
}

/** Models side by side: Markdown that a terminal can show too. */
export function clvMetricsTable({ models }: Pick<ClvEvaluation, 'models'>): string {
  return markdownTable(
    ['', ...models.keys()],
    (Object.keys(CLV_METRICS) as ClvMetric[]).map((metric) => [
      CLV_METRICS[metric],
      ...[...models.values()].map((of) => measured(of[metric])),
    ]),
  );
}

/** To three digits behind the point, large amounts to one. */
function measured({ value, lower, upper }: MetricInterval): string {
  const told = (one: number | null) =>
    one === null ? '–' : one.toFixed(Math.abs(one) >= 10 ? 1 : 3);
  return lower === null ? told(value) : `${told(value)} [${told(lower)}, ${told(upper)}]`;
}

function slicesTable(slices: readonly ClvSlice[]): string {
  const told = (value: number | null) => value?.toFixed(3) ?? '–';
  return markdownTable(
    ['group', 'customers', 'Gini', 'MAE', 'total', 'best fifth found'],
    slices.map(({ dimension, name, customers, gini, mae, totalBias, found }) => [
      `${dimension} ${name}`,
      String(customers),
      told(gini),
      told(mae),
      told(totalBias),
      told(found),
    ]),
  );
}
