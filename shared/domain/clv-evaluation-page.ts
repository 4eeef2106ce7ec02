import type { Decile } from '../math/decile-table.ts';
import { CLV_BASELINES } from '../schemas/clv-model.ts';
import { CLV_METRICS, type ClvMetric } from './clv-evaluation.ts';
import type { ClvReport } from './clv-report.ts';
import { escaped, figure, gatesSection, intervalText, numbers, page } from './evaluation-html.ts';
import { lineChart } from './svg-chart.ts';

const STYLES = ['first', 'second', 'third', 'fourth'] as const;

/** The report of a model of customers' values as one page of HTML that needs nothing else. */
export function clvEvaluationPage(report: ClvReport, title: string): string {
  return page(
    title,
    `${measuredSection(report)}
${gatesSection(report.gates)}
<h2>Slices</h2>
<table>
<tr><th>group</th><th></th><th class="number">customers</th><th class="number">Gini</th><th class="number">MAE</th><th class="number">total, predicted / actual − 1</th><th class="number">best fifth found</th></tr>
${report.slices.map(sliceRow).join('\n')}
</table>`,
  );
}

function measuredSection({ kind, evaluated_on, metrics, deciles, lorenz }: ClvReport): string {
  if (evaluated_on === null || metrics === null || deciles === null || lorenz === null)
    return '<p>Nothing followed any cut-off for long enough: nothing is measured.</p>';
  const models = [kind, ...CLV_BASELINES];
  return `<p>Measured on ${evaluated_on.customers} customers, ${evaluated_on.buyers} of them buying, in the ${evaluated_on.days} days after ${evaluated_on.from}. Intervals 95 %, by bootstrap over customers, seed ${evaluated_on.seed}.</p>
<section class="charts">
${figure(
  'Lorenz curve of the value, and how models rank the customers',
  lineChart({
    x: { label: 'share of customers, least first', from: 0, to: 1 },
    y: { label: 'share of the value', from: 0, to: 1 },
    diagonal: true,
    lines: [
      { name: 'what they spent', style: 'fourth', points: lorenz },
      ...models.map((model, index) => ({
        name: model,
        style: STYLES[index] as string,
        points: concentration(deciles[model] ?? []),
      })),
    ],
  }),
)}
${figure('Predicted and actual value, by tenth of the prediction', decileChart(deciles[kind] ?? []))}
</section>
<h2>Metrics</h2>
<table>
<tr><th></th>${models.map((model) => `<th class="number">${escaped(model)}</th>`).join('')}</tr>
${(Object.keys(CLV_METRICS) as ClvMetric[])
  .map(
    (metric) =>
      `<tr><td>${escaped(CLV_METRICS[metric])}</td>${numbers(...models.map((model) => intervalText(metrics[model]?.[metric])))}</tr>`,
  )
  .join('\n')}
</table>`;
}

/** Share of the actual value that the customers of the least predictions hold, tenth by tenth. */
function concentration(deciles: readonly Decile[]): readonly (readonly [number, number])[] {
  const customers = deciles.reduce((sum, { count }) => sum + count, 0);
  const total = deciles.reduce((sum, { count, meanActual }) => sum + count * meanActual, 0);
  let [counted, held] = [0, 0];
  return [
    [0, 0],
    ...deciles.toReversed().map(({ count, meanActual }): readonly [number, number] => {
      counted += count;
      held += count * meanActual;
      return [counted / customers, total > 0 ? held / total : 0];
    }),
  ];
}

function decileChart(deciles: readonly Decile[]): string {
  const most = Math.max(0, ...deciles.flatMap((one) => [one.meanPredicted, one.meanActual]));
  return lineChart({
    x: { label: 'mean predicted value', from: 0, to: most },
    y: { label: 'mean actual value', from: 0, to: most },
    diagonal: true,
    lines: [
      {
        name: 'tenths of the customers',
        style: 'first',
        points: deciles.map(({ meanPredicted, meanActual }) => [meanPredicted, meanActual]),
        sizes: deciles.map(() => 1 / 10),
      },
    ],
  });
}

function sliceRow(slice: ClvReport['slices'][number]): string {
  const { dimension, name, customers, gini, mae, totalBias, found } = slice;
  const told = (value: number | null) => value?.toFixed(3) ?? '–';
  return `<tr><td>${dimension}</td><td>${escaped(name)}</td>${numbers(String(customers), told(gini), told(mae), told(totalBias), told(found))}</tr>`;
}
