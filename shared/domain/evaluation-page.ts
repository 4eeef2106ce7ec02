import type { EvaluationReport } from '../schemas/evaluation-report.ts';
import type { Gate } from '../schemas/model.ts';
import { barChart, lineChart } from './svg-chart.ts';

/** Of the bars of the SHAP summary. */
const LARGEST = 15;
const MODELS = ['first', 'second', 'third', 'fourth'] as const;

/** The report as one page of HTML that needs nothing else: no script, no network. */
export function evaluationPage(report: EvaluationReport, title: string): string {
  const on = report.evaluated_on;
  const models = Object.keys(report.roc).toReversed();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>Measured on ${on.rows} events of ${on.sessions} later sessions, ${on.buying_sessions} of them buying, of ${on.users} users. Intervals 95 %, by bootstrap over users, seed ${on.seed}.</p>
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
<h2>Gates</h2>
<table>
<tr><th>gate</th><th>verdict</th><th class="number">value</th><th class="number">95 % interval</th><th class="number">threshold</th><th>rule</th></tr>
${report.gates.map(gateRow).join('\n')}
</table>
<h2>Slices</h2>
<table>
<tr><th>slice</th><th class="number">sessions</th><th class="number">buying</th><th class="number">AUC of events</th></tr>
${report.slices
  .map(
    ({ name, sessions, buying_sessions }) =>
      `<tr><td>${escaped(name)}</td>${numbers(String(sessions), String(buying_sessions), intervalText(report.metrics[report.kind]?.[`auc_${name}`]))}</tr>`,
  )
  .join('\n')}
</table>
</body>
</html>
`;
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

function figure(caption: string, chart: string): string {
  return `<figure><figcaption>${escaped(caption)}</figcaption>${chart}</figure>`;
}

function gateRow(gate: Gate): string {
  const range =
    gate.lower === null || gate.upper === null
      ? ''
      : `${gate.lower.toFixed(3)} to ${gate.upper.toFixed(3)}`;
  const number = (value: number | null) => (value === null ? '' : String(Number(value.toFixed(3))));
  return `<tr><td>${escaped(gate.name)}</td><td class="${gate.verdict}">${gate.verdict}</td>${numbers(number(gate.value), range, number(gate.threshold))}<td>${escaped(gate.rule)}${gate.detail ? ` <em>${escaped(gate.detail)}</em>` : ''}</td></tr>`;
}

function numbers(...texts: readonly string[]): string {
  return texts.map((text) => `<td class="number">${text}</td>`).join('');
}

function intervalText(metric: EvaluationReport['metrics'][string][string] | undefined): string {
  if (metric === undefined || metric.value === null) return '–';
  return metric.lower === null || metric.upper === null
    ? metric.value.toFixed(3)
    : `${metric.value.toFixed(3)} [${metric.lower.toFixed(3)}, ${metric.upper.toFixed(3)}]`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; --text: light-dark(#1d1c1a, #eceae5); --muted: light-dark(#66625a, #a29e95);
  --line: light-dark(#d9d5cc, #3a3d3b); --first: light-dark(#0f766e, #5ecdbd); --second: light-dark(#b45309, #f0a860);
  --third: light-dark(#4f46e5, #a5b4fc); --fourth: light-dark(#78716c, #c4bfb9); --bad: light-dark(#b42318, #ff9a8f); }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--text); background: light-dark(#fff, #131413);
  max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .25rem; }
svg { width: 100%; height: auto; font-size: 12px; } svg text { fill: var(--muted); }
svg .axis { stroke: var(--line); fill: none; } svg .diagonal { stroke: var(--line); stroke-dasharray: 4 4; }
svg .line { fill: none; stroke-width: 2; } svg .bar { fill: var(--first); }
.first { stroke: var(--first); } .second { stroke: var(--second); } .third { stroke: var(--third); } .fourth { stroke: var(--fourth); }
circle.first { fill: var(--first); fill-opacity: .35; }
table { border-collapse: collapse; width: 100%; font-size: 13px; } th, td { text-align: left; vertical-align: top;
  padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
.number { text-align: right; white-space: nowrap; } td:first-child, td:nth-child(2) { white-space: nowrap; }
.pass { color: var(--first); } .fail { color: var(--bad); font-weight: 600; } .not-enough-data { color: var(--second); }
em { color: var(--muted); }
`;
