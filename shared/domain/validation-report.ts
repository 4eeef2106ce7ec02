import type { Finding, ValidationReport } from '../schemas/expectation-report.ts';

/** What halts, for the error that ends a training. */
export function haltMessage({ findings }: ValidationReport): string {
  const halts = findings.filter(({ verdict }) => verdict === 'halt');
  return [
    `the data fails ${halts.length === 1 ? 'an expectation' : `${halts.length} expectations`}, so nothing was trained:`,
    ...halts.map(findingText),
    'foresight data validate tells more; expectations.json in the lake changes a limit',
  ].join('\n');
}

/** What a training says of its data. */
export function validationSummary({ verdict, findings }: ValidationReport, reportDigest: string) {
  return {
    verdict,
    /** SHA-256 of the report kept in the lake under the digest of the data. */
    report: reportDigest,
    warnings: findings
      .filter((one) => one.verdict === 'warn')
      .map(({ name, value, detail }) => ({ name, value, detail })),
  };
}

/** Nothing where nothing is to be warned of. */
export function warningsText({ findings }: ValidationReport): string {
  const warnings = findings.filter(({ verdict }) => verdict === 'warn');
  if (warnings.length === 0) return '';
  return `the data was accepted with ${warnings.length === 1 ? 'a warning' : `${warnings.length} warnings`}:\n${warnings.map((one) => `${findingText(one)}\n`).join('')}\n`;
}

/** A finding in a few lines. */
export function findingText({ name, detail, examples, advice, ...rest }: Finding): string {
  const named = examples.map(({ day, id }) => `${id} (${day})`);
  return [
    `  ${name}: ${detail}; ${rule(rest)}`,
    ...(named.length === 0 ? [] : [`    e.g. ${named.join(', ')}`]),
    ...(advice === null ? [] : [`    ${advice}`]),
  ].join('\n');
}

/** The value and its bounds. */
function rule({ value, expectation }: Pick<Finding, 'value' | 'expectation'>): string {
  const { at_least, at_most } = expectation;
  const bounds = [
    at_least === null ? null : `at least ${at_least}`,
    at_most === null ? null : `at most ${at_most}`,
  ].filter((bound) => bound !== null);
  const measured = value === null ? 'not judged' : figure(value);
  return `${measured}, allowed is ${bounds.join(' and ') || 'anything'}`;
}

export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** The report as a page of its own: no scripts, nothing from elsewhere. */
export function validationPage(report: ValidationReport): string {
  const { verdict, as_of, accepted_digest, findings, profile } = report;
  const order = ['halt', 'warn', 'pass', 'not-judged'];
  const sorted = [...findings].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const compared =
    accepted_digest === null
      ? 'No set was accepted before, so there is nothing to compare with.'
      : `Compared with the accepted set ${accepted_digest.slice(0, 12)}.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data validation: ${verdict}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Data validation <span class="verdict ${verdict}">${verdict}</span></h1>
<p>${profile.events.toLocaleString('en')} events received from ${text(profile.from ?? 'never')} to ${text(profile.to ?? 'never')}, judged as of ${text(as_of)}. ${compared}</p>
${dailyChart(report)}
<h2>Expectations</h2>
<table>
<thead><tr><th>Verdict</th><th>Expectation</th><th class="number">Value</th><th class="number">Allowed</th><th>What was found</th></tr></thead>
<tbody>
${sorted.map(findingRow).join('\n')}
</tbody>
</table>
<h2>Fields</h2>
${fieldsTable(report)}
</main>
</body>
</html>
`;
}

function findingRow({ verdict, name, value, expectation, detail, examples, advice }: Finding) {
  const { at_least, at_most, severity } = expectation;
  const bounds = [
    at_least === null ? '' : `≥ ${at_least}`,
    at_most === null ? '' : `≤ ${at_most}`,
  ].filter((bound) => bound !== '');
  const more = [
    ...(examples.length === 0
      ? []
      : [
          `<div class="more">e.g. ${examples.map(({ day, id }) => `<code>${text(id)}</code> (${text(day)})`).join(', ')}</div>`,
        ]),
    ...(advice === null ? [] : [`<div class="more">${text(advice)}</div>`]),
  ];
  return `<tr><td><span class="verdict ${verdict}">${verdict}</span></td><td><code>${text(name).replaceAll('_', '_<wbr>')}</code><div class="more">${severity === 'halt' ? 'halts' : 'warns'}</div></td><td class="number">${value === null ? '–' : figure(value)}</td><td class="number">${bounds.join('<br>')}</td><td>${text(detail)}${more.join('')}</td></tr>`;
}

const CHART = { width: 960, height: 120 } as const;

/** Events by day, a bar each; a day without any is a gap. */
function dailyChart({ profile }: ValidationReport): string {
  const days = Object.entries(profile.days)
    .map(([day, { events }]) => ({
      day,
      time: Date.parse(day),
      events: Object.values(events).reduce((sum, count) => sum + count, 0),
    }))
    .filter(({ time }) => !Number.isNaN(time));
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return '';
  const places = (last.time - first.time) / DAY_MS + 1;
  const most = Math.max(...days.map(({ events }) => events));
  const width = CHART.width / places;
  const bars = days.map(({ day, time, events }) => {
    const height = (events / most) * CHART.height;
    const x = ((time - first.time) / DAY_MS) * width;
    return `<rect x="${x.toFixed(2)}" y="${(CHART.height - height).toFixed(2)}" width="${Math.max(0.5, width * 0.85).toFixed(2)}" height="${height.toFixed(2)}"><title>${day}: ${events} events</title></rect>`;
  });
  return `<figure><svg viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-label="Events by day, at most ${most}">${bars.join('')}</svg><figcaption><span>${first.day}</span><span>events by day, at most ${most.toLocaleString('en')}</span><span>${last.day}</span></figcaption></figure>`;
}

const DAY_MS = 24 * 60 * 60 * 1000;

function fieldsTable({ profile }: ValidationReport): string {
  const rows = Object.entries(profile.categories).map(([field, { count, distinct, values }]) => {
    const top = [...values]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 5)
      .map(([value, events]) => `${text(value)} ${((100 * events) / count).toFixed(1)} %`);
    return `<tr><td><code>${field.replaceAll('_', '_<wbr>')}</code></td><td class="number">${count.toLocaleString('en')}</td><td class="number">${distinct.toLocaleString('en')}</td><td>${top.join(', ')}</td></tr>`;
  });
  const numbers = Object.entries(profile.numbers).map(
    ([field, { count, largest }]) =>
      `<tr><td><code>${field.replaceAll('_', '_<wbr>')}</code></td><td class="number">${count.toLocaleString('en')}</td><td class="number"></td><td>${largest === null ? '' : `at most ${figure(largest.value)}`}</td></tr>`,
  );
  return `<table>
<thead><tr><th>Field</th><th class="number">With a value</th><th class="number">Distinct</th><th>Most frequent</th></tr></thead>
<tbody>
${[...rows, ...numbers].join('\n')}
</tbody>
</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(content: string): string {
  return content.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5d6675; --line: #dde1e7; --paper: #fff; --bar: #4a6fa5; --halt: #b3261e; --warn: #9a6700; --pass: #1a7f37; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa4b2; --line: #333b47; --paper: #14181e; --bar: #7aa2dd; --halt: #ff8a80; --warn: #e3b341; --pass: #56d364; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.5rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem; border-bottom: 1px solid var(--line); }
td:last-child { overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: .9em ui-monospace, monospace; }
.more { color: var(--soft); font-size: .88em; }
.verdict { font-weight: 700; white-space: nowrap; color: var(--soft); }
.verdict.halt { color: var(--halt); } .verdict.warn { color: var(--warn); } .verdict.pass { color: var(--pass); }
figure { margin: 1.5rem 0 0; } svg { width: 100%; height: auto; fill: var(--bar); }
figcaption { display: flex; justify-content: space-between; color: var(--soft); font-size: .88em; border-top: 1px solid var(--line); padding-top: .3rem; }
`;
