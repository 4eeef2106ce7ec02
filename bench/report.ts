/** The figures of several rounds of one measurement. */
export interface Sample {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly rounds: number;
}

/** A bound of the project: the median must be at most, or at least, this. */
export type Target = { readonly most: number } | { readonly least: number };

/** One measured figure. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly sample: Sample;
  readonly target?: Target;
  /** The same work done by another in the same rounds: our figure over theirs, round by round. */
  readonly against?: { readonly baseline: string; readonly ratio: Sample };
}

/** What could not be measured here, and why. */
export interface Unmeasured {
  readonly name: string;
  readonly because: string;
}

export type Result = Row | Unmeasured;

export type Verdict = 'met' | 'MISSED' | 'not measured' | null;

/** Null where there is no target. */
export function verdictOf(result: Result): Verdict {
  if ('because' in result) return 'not measured';
  const { target, sample } = result;
  if (target === undefined) return null;
  const met = 'most' in target ? sample.median <= target.most : sample.median >= target.least;
  return met ? 'met' : 'MISSED';
}

const COLUMNS = ['', 'median', 'min … max', 'unit', 'target', 'verdict', 'against'] as const;

/** The results as a Markdown table, aligned for a terminal. */
export function tableOf(results: readonly Result[]): string {
  const rows = [COLUMNS as readonly string[], ...results.map(cellsOf)];
  const widths = COLUMNS.map((_, column) =>
    Math.max(3, ...rows.map((cells) => (cells[column] ?? '').length)),
  );
  const lines = rows.map((cells) => lineOf(widths.map((width, at) => cell(cells[at], width, at))));
  const rule = lineOf(
    widths.map((width, at) => (isFigure(at) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))),
  );
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function cellsOf(result: Result): readonly string[] {
  if ('because' in result) return [result.name, '', '', '', '', 'not measured', result.because];
  const { name, unit, sample, target, against } = result;
  const { min, median, max, rounds } = sample;
  return [
    name,
    figure(median),
    rounds === 1 ? '' : `${figure(min)} … ${figure(max)}`,
    unit,
    target === undefined
      ? ''
      : 'most' in target
        ? `≤ ${figure(target.most)}`
        : `≥ ${figure(target.least)}`,
    verdictOf(result) ?? '',
    against === undefined ? '' : `${figure(against.ratio.median)} × ${against.baseline}`,
  ];
}

const lineOf = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const isFigure = (column: number) => column === 1;

function cell(text = '', width: number, column: number): string {
  return isFigure(column) ? text.padStart(width) : text.padEnd(width);
}

/** Three significant digits below 100, whole numbers above. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-GB');
  return String(Number(value.toPrecision(3)));
}
