import type { Gate, MetricInterval } from '../schemas/model.ts';

/** A page of HTML that needs nothing else: no script, no network. */
export function page(title: string, body: string): string {
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
${body}
</body>
</html>
`;
}

/** A chart and what it shows. */
export function figure(caption: string, chart: string): string {
  return `<figure><figcaption>${escaped(caption)}</figcaption>${chart}</figure>`;
}

export function gatesSection(gates: readonly Gate[]): string {
  return `<h2>Gates</h2>
<table>
<tr><th>gate</th><th>verdict</th><th class="number">value</th><th class="number">95 % interval</th><th class="number">threshold</th><th>rule</th></tr>
${gates.map(gateRow).join('\n')}
</table>`;
}

function gateRow(gate: Gate): string {
  const range =
    gate.lower === null || gate.upper === null
      ? ''
      : `${gate.lower.toFixed(3)} to ${gate.upper.toFixed(3)}`;
  const number = (value: number | null) => (value === null ? '' : String(Number(value.toFixed(3))));
  return `<tr><td>${escaped(gate.name)}</td><td class="${gate.verdict}">${gate.verdict}</td>${numbers(number(gate.value), range, number(gate.threshold))}<td>${escaped(gate.rule)}${gate.detail ? ` <em>${escaped(gate.detail)}</em>` : ''}</td></tr>`;
}

/** Cells of a row. */
export function numbers(...texts: readonly string[]): string {
  return texts.map((text) => `<td class="number">${text}</td>`).join('');
}

export function intervalText(metric: MetricInterval | undefined): string {
  if (metric === undefined || metric.value === null) return '–';
  return metric.lower === null || metric.upper === null
    ? metric.value.toFixed(3)
    : `${metric.value.toFixed(3)} [${metric.lower.toFixed(3)}, ${metric.upper.toFixed(3)}]`;
}

export function escaped(text: string): string {
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
