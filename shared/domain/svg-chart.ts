const WIDTH = 440;
const HEIGHT = 320;
const LEFT = 60;
const BOTTOM = 44;
const TOP = 12;
const RIGHT = 12;
const TICKS = 5;

interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

interface Line {
  readonly name: string;
  /** A class of the page's style sheet. */
  readonly style: string;
  readonly points: readonly (readonly [number, number])[];
  /** Share of the whole that each point stands for, drawn as the area of a circle. */
  readonly sizes?: readonly number[];
}

/** Lines over two axes as SVG. Names must be free of markup. */
export function lineChart(chart: {
  readonly x: Axis;
  readonly y: Axis;
  /** A line from corner to corner: what chance or truth would be. */
  readonly diagonal: boolean;
  readonly lines: readonly Line[];
}): string {
  const across = scale(chart.x, LEFT, WIDTH - RIGHT);
  const up = scale(chart.y, HEIGHT - BOTTOM, TOP);
  const at = ([x, y]: readonly [number, number]) => `${across(x).toFixed(1)},${up(y).toFixed(1)}`;
  const corner = (end: 'from' | 'to'): readonly [number, number] => [chart.x[end], chart.y[end]];
  const parts = [
    axes(chart.x, chart.y, across, up),
    chart.diagonal ? `<path class="diagonal" d="M${at(corner('from'))}L${at(corner('to'))}"/>` : '',
    ...chart.lines.map(
      ({ style, points }) =>
        `<polyline class="line ${style}" points="${points.map(at).join(' ')}"/>`,
    ),
    ...chart.lines.flatMap(({ style, points, sizes = [] }) =>
      points.map(([x, y], index) =>
        sizes[index] === undefined
          ? ''
          : `<circle class="${style}" cx="${across(x).toFixed(1)}" cy="${up(y).toFixed(1)}" r="${(3 + 18 * Math.sqrt(sizes[index])).toFixed(1)}"/>`,
      ),
    ),
    ...chart.lines.map(({ name, style }, index) => {
      const y = HEIGHT - BOTTOM - 12 - 18 * (chart.lines.length - 1 - index);
      const x = WIDTH - RIGHT - 190;
      return chart.diagonal
        ? legend(name, style, x, y)
        : legend(name, style, x, TOP + 10 + 18 * index);
    }),
  ];
  return svg(HEIGHT, parts);
}

/** Horizontal bars from 0, in the order given. */
export function barChart(
  bars: readonly { readonly name: string; readonly value: number }[],
): string {
  const most = Math.max(0, ...bars.map(({ value }) => value));
  const [step, names, values] = [20, 250, 50];
  const length = (value: number) =>
    most === 0 ? 0 : (value / most) * (WIDTH - names - values - RIGHT);
  return svg(
    step * Math.max(1, bars.length) + TOP,
    bars.map(({ name, value }, index) => {
      const y = TOP + step * index;
      return `<text x="${names - 8}" y="${y + 11}" text-anchor="end">${name}</text><rect class="bar" x="${names}" y="${y}" width="${length(value).toFixed(1)}" height="14"/><text x="${(names + length(value) + 6).toFixed(1)}" y="${y + 11}">${value.toFixed(3)}</text>`;
    }),
  );
}

function scale({ from, to }: Axis, start: number, end: number): (value: number) => number {
  const range = to - from || 1;
  return (value) => start + ((value - from) / range) * (end - start);
}

function axes(x: Axis, y: Axis, across: (v: number) => number, up: (v: number) => number): string {
  const marks = (axis: Axis) =>
    Array.from({ length: TICKS + 1 }, (_, n) => axis.from + (n / TICKS) * (axis.to - axis.from));
  const text = (value: number) => String(Number(value.toPrecision(3)));
  return [
    `<path class="axis" d="M${LEFT},${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>`,
    ...marks(x).map(
      (mark) =>
        `<text x="${across(mark)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${text(mark)}</text>`,
    ),
    ...marks(y).map(
      (mark) => `<text x="${LEFT - 6}" y="${up(mark) + 4}" text-anchor="end">${text(mark)}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${x.label}</text>`,
    `<text transform="translate(10 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${y.label}</text>`,
  ].join('');
}

function legend(name: string, style: string, x: number, y: number): string {
  return `<path class="line ${style}" d="M${x},${y - 4}h18"/><text x="${x + 24}" y="${y}">${name}</text>`;
}

function svg(height: number, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img">${parts.join('')}</svg>`;
}
