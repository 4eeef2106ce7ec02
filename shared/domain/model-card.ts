import type { Gate, Lineage, Manifest, MetricInterval } from '../schemas/model.ts';
import type { Evaluation } from './evaluation.ts';
import type { Gated } from './gates.ts';
import type { MeanContribution } from './shap-summary.ts';
import type { TrainedModel } from './trained-model.ts';

/** What a metric of an evaluation says, in the order of the card. */
const METRICS: Readonly<Record<string, string>> = {
  auc_weighted: 'AUC, every session counting once',
  auc_weighted_gain_over_has_cart: 'AUC gained over the has-cart rule, every session counting once',
  auc_weighted_gain_over_champion: 'AUC gained over the champion, every session counting once',
  auc_weighted_gain_over_logistic: 'AUC gained over logistic, every session counting once',
  auc: 'AUC, every event counting once',
  auc_prefix_1: 'AUC after the 1st event',
  auc_prefix_2: 'AUC after the 2nd event',
  auc_prefix_3: 'AUC after the 3rd event',
  auc_prefix_5: 'AUC after the 5th event',
  auc_prefix_10: 'AUC after the 10th event',
  auc_prefix_last: 'AUC after the last event before the purchase or the end',
  auc_with_cart: 'AUC with something in the cart',
  auc_without_cart: 'AUC with nothing in the cart',
  auc_known_users: 'AUC of known users',
  auc_anonymous: 'AUC of anonymous visitors',
  auc_returning_users: 'AUC of users with sessions in training',
  auc_new_users: 'AUC of users never seen in training',
  average_precision: 'Average precision',
  average_precision_weighted: 'Average precision, every session counting once',
  log_loss_weighted: 'Log loss, every session counting once',
  brier_weighted: 'Brier score, every session counting once',
  ece: 'Expected calibration error, 10 equal-width bins',
  ece_weighted: 'The same, every session counting once',
  calibration_slope: 'Calibration slope (1 is calibrated, below 1 overconfident)',
  calibration_slope_weighted: 'The same, every session counting once',
};

/** The table of an evaluation, models side by side: Markdown that a terminal can show too. */
export function metricsTable({ models, slices }: Evaluation): string {
  const names = [...models.keys()];
  const named = slices
    .filter(({ name }) => METRICS[`auc_${name}`] === undefined)
    .map(({ name }) => [`auc_${name}`, `AUC, ${name.replaceAll('_', ' ')}`] as const);
  const lines = [...Object.entries(METRICS), ...named]
    .filter(([metric]) => names.some((name) => models.get(name)?.[metric] !== undefined))
    .map(([metric, meaning]) => [
      meaning,
      ...names.map((name) => interval(models.get(name)?.[metric])),
    ]);
  return markdownTable(['', ...names], lines);
}

/** Gates with their verdicts, the ones that block first: Markdown that a terminal can show too. */
export function gatesTable(gates: readonly Gate[]): string {
  const rank = { fail: 0, 'not-enough-data': 1, pass: 2 };
  return markdownTable(
    ['gate', 'verdict', 'value', 'threshold', ''],
    gates
      .toSorted((a, b) => rank[a.verdict] - rank[b.verdict])
      .map((gate) => [
        gate.name,
        gate.verdict,
        interval(gate),
        gate.threshold === null ? '–' : String(Number(gate.threshold.toPrecision(3))),
        gate.detail ?? '',
      ]),
  );
}

/** A table in Markdown, its columns aligned. */
export function markdownTable(
  headings: readonly string[],
  lines: readonly (readonly string[])[],
): string {
  const widths = headings.map((heading, column) =>
    Math.max(
      ...[heading, ...lines.map((cells) => cells[column] ?? '')].map(({ length }) => length),
    ),
  );
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(Math.max(3, width))).join(' | ')} |`;
  return [row(headings), rule, ...lines.map(row)].join('\n');
}

/** `0.885 [0.863, 0.907]`; a dash where it is undefined. */
export function interval(metric: MetricInterval | undefined): string {
  if (metric === undefined || metric.value === null) return '–';
  const value = metric.value >= 1000 ? String(metric.value) : metric.value.toFixed(3);
  return metric.lower === null || metric.upper === null
    ? value
    : `${value} [${metric.lower.toFixed(3)}, ${metric.upper.toFixed(3)}]`;
}

/** The card of a trained propensity model, in Markdown. */
export function modelCard(facts: {
  readonly training: Manifest['training'];
  readonly trained: TrainedModel;
  readonly evaluation: Evaluation;
  readonly gated: Gated;
  readonly lineage: Lineage;
  readonly shap: readonly MeanContribution[];
  /** Sessions this close to the end of the data were left out. */
  readonly settleMs: number;
}): string {
  const { training, trained, evaluation, gated, lineage, shap, settleMs } = facts;
  const { rows, sessions, buyingSessions, units } = evaluation;
  return `# propensity: ${trained.title}

How likely a session, as it stands after its latest event, still ends in a purchase.

## Intended use

Ranking and steering sessions while they last: whom to leave alone, whom to help, whom to make an
offer. Not for prices, credit, or any decision about a person beyond the session.

## Data

- Events from ${training.from} to ${training.to}: ${training.rows} rows of ${training.sessions}
  sessions fitted and calibrated, of which ${percent(trained.prior)} buy.
- Evaluated on the sessions that began after those: ${rows} rows of ${sessions} sessions
  (${buyingSessions} buying) of ${units} users.
- Sessions with an event in the last ${Math.round(settleMs / 1000)} s of the data, and those of
  bots, were left out.
- SHA-256 of the events: ${training.data_digests.map((digest) => `\`${digest}\``).join(', ')}

## Method

One row per event up to the first purchase; label: a purchase later in the session; features as they
stood right after the event; rows weighted by 1 / rows of their session; no resampling; calibrated on
sessions later than the fit. ${trained.method}

## Metrics

On the later sessions; 95 % intervals by bootstrap over users, seed ${training.parameters['seed']}.

${metricsTable(evaluation)}

## Gates

Beside ${lineage.champion === null ? 'the has-cart rule, which served' : `${lineage.champion}, which served`}. A gate fails, passes, or says that the data are not enough: then
it keeps a model out where it is required, and is an open question where it is not.

${gatesTable(gated.gates)}

${gated.gates.map(({ name, rule, required }) => `- **${name}**${required ? ' (required)' : ''}: ${rule}`).join('\n')}

## Fairness

${fairness(gated.gates)}

${
  gated.confidentFrom === null
    ? 'No score is proven to reach a precision of 75 %: act on none as if it were certain.'
    : `Scores from ${gated.confidentFrom} on are proven to reach a precision of 75 %.`
}

## What moves the score

Mean of |contribution| over later rows (SHAP, in log-odds):

${shap
  .slice(0, LARGEST)
  .map(({ feature, mean }) => `- \`${feature}\`: ${mean.toFixed(3)}`)
  .join('\n')}

${trained.movers}

## Limits

- It knows what the events say and nothing of stock, price changes or campaigns.
- Contributions describe the model, not causes.
- The past it learned from may not return: compare its metrics with those of recent sessions before
  trusting the probabilities, and train again when they drift.
`;
}

const LARGEST = 10;

/** What the slices' gates say of the groups that were large enough. */
function fairness(gates: readonly Gate[]): string {
  const judged = gates.filter(({ name }) => /^(?:slice-disparity|disparate-impact):/.test(name));
  if (judged.length === 0)
    return 'The events name no device, channel or country that would tell groups apart, or one only: nothing can be said.';
  return judged
    .map(
      (gate) =>
        `- ${gate.name}: ${gate.verdict}, ${interval(gate)}${gate.detail ? ` (${gate.detail})` : ''}`,
    )
    .join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
