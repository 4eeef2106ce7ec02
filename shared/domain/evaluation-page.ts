import type { EvaluationReport } from '../schemas/evaluation-report.ts';
import { escaped, figure, gatesSection, intervalText, numbers, page } from './evaluation-html.ts';
import { barChart, lineChart } from './svg-chart.ts';

/** Of the bars of the SHAP summary. */
const LARGEST = 15;
const MODELS = ['first', 'second', 'third', 'fourth'] as const;

/** The report as one page of HTML that needs nothing else: no script, no network. */
export function evaluationPage(report: EvaluationReport, title: string): string {
  const on = report.evaluated_on;
  const models = Object.keys(report.roc).toReversed();
  return page(
    title,
    `<p>Measured on ${on.rows} events of ${on.sessions} later sessions, ${on.buying_sessions} of them buying, of ${on.users} users. Intervals 95 %, by bootstrap over users, seed ${on.seed}.</p>
<section class="charts">
${figure(
  'ROC, every session counting once',
  lineChart({
    x: { label: 'share of the others above a score', from: 0, to: 1 },
    y: { label: 'share of buyers', from: 0, to: 1 },
    diagonal: true,
    lines: models.map((model, index) => ({
      name: `${model}, AUC ${report.metrics[model]?.['auc_weighted']?.value?.toFixed(3) ?? '–'}`,
      style: MODELS[index % MODELS.length] as string,
      points: report.roc[model] ?? [],
    })),
  }),
)}
${figure(
  'Calibration, by tenth of the score',
  lineChart({
    x: { label: 'mean score', from: 0, to: 1 },
    y: { label: 'share that buys', from: 0, to: 1 },
    diagonal: true,
    lines: [
      {
        name: `ECE ${report.metrics[report.kind]?.['ece']?.value?.toFixed(3) ?? '–'}`,
        style: 'first',
        points: report.calibration.map((bin) => [bin.mean_score, bin.share_buying]),
        sizes: report.calibration.map((bin) => bin.rows / on.rows),
      },
    ],
  }),
)}
${figure(
  'What moves the score: mean |SHAP| in log-odds',
  barChart(
    report.shap.slice(0, LARGEST).map(({ feature, mean }) => ({ name: feature, value: mean })),
  ),
)}
${report.learning_curve.length < 2 ? '' : figure('Learning curve: log loss by trees', learningChart(report))}
</section>
${gatesSection(report.gates)}
<h2>Slices</h2>
<table>
<tr><th>slice</th><th class="number">sessions</th><th class="number">buying</th><th class="number">AUC of events</th></tr>
${report.slices
  .map(
    ({ name, sessions, buying_sessions }) =>
      `<tr><td>${escaped(name)}</td>${numbers(String(sessions), String(buying_sessions), intervalText(report.metrics[report.kind]?.[`auc_${name}`]))}</tr>`,
  )
  .join('\n')}
</table>`,
  );
}

function learningChart({ learning_curve: steps }: EvaluationReport): string {
  const losses = steps.flatMap(({ fitted, later }) => [fitted, later]);
  return lineChart({
    x: { label: 'trees', from: 0, to: steps.at(-1)?.trees ?? 1 },
    y: { label: 'log loss', from: Math.min(...losses), to: Math.max(...losses) },
    diagonal: false,
    lines: [
      { name: 'later sessions', style: 'first', points: steps.map((s) => [s.trees, s.later]) },
      { name: 'fitted sessions', style: 'second', points: steps.map((s) => [s.trees, s.fitted]) },
    ],
  });
}
