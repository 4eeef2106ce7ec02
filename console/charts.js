/** Small SVG charts, drawn by hand: the page loads nothing from elsewhere. */

const SVG = 'http://www.w3.org/2000/svg';

function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A line of one value a second, oldest first, from 0 up to the largest. */
export function drawSparkline(svg, values) {
  if (values.length < 2) return;
  const width = 120;
  const height = 30;
  const top = Math.max(1, ...values);
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * width;
    const y = height - 1 - (value / top) * (height - 3);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  const line = `M${points.join('L')}`;
  svg.replaceChildren(
    shape('path', { class: 'area', d: `${line}L${width} ${height}L0 ${height}Z` }),
    shape('path', { d: line }),
  );
}

/** Square roots part the small probabilities, where nearly all of them are. */
const scale = Math.sqrt;
const TICKS = [0, 0.05, 0.25, 0.5, 1];

/** Points [truth, propensity], both 0–1. */
export function drawScatter(svg, points) {
  const { width, height } = sizeOf(svg);
  const left = 40;
  const right = width - 20;
  const bottom = height - 34;
  const x = (value) => left + scale(value) * (right - left);
  const y = (value) => bottom - scale(value) * (bottom - 8);
  const parts = [];
  for (const tick of TICKS) {
    parts.push(
      shape('line', { class: 'axis', x1: x(tick), x2: x(tick), y1: y(0), y2: y(1) }),
      shape('line', { class: 'axis', x1: x(0), x2: x(1), y1: y(tick), y2: y(tick) }),
      shape('text', { x: x(tick), y: bottom + 15, 'text-anchor': 'middle' }, percentTick(tick)),
      shape('text', { x: left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, percentTick(tick)),
    );
  }
  parts.push(
    shape('line', { class: 'ideal', x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
    shape(
      'text',
      { x: (left + right) / 2, y: height - 3, 'text-anchor': 'middle' },
      'true probability',
    ),
  );
  for (const [truth, propensity] of points) {
    parts.push(shape('circle', { cx: x(truth), cy: y(propensity), r: 3 }));
  }
  svg.replaceChildren(...parts);
}

/** Counts between the edges, one edge more than counts. */
export function drawHistogram(svg, edges, counts) {
  const { width, height } = sizeOf(svg);
  const bottom = height - 34;
  const top = Math.max(1, ...counts);
  const step = (width - 16) / counts.length;
  const parts = [
    shape('line', { class: 'axis', x1: 8, x2: width - 8, y1: bottom + 0.5, y2: bottom + 0.5 }),
  ];
  for (const [index, count] of counts.entries()) {
    const tall = (count / top) * (bottom - 20);
    const x = 8 + index * step;
    parts.push(
      shape('rect', {
        x: x + 2,
        y: bottom - tall,
        width: Math.max(1, step - 4),
        height: tall,
        rx: Math.min(2, tall / 2),
      }),
    );
  }
  for (const [index, edge] of edges.entries()) {
    const anchor = index === 0 ? 'start' : index === edges.length - 1 ? 'end' : 'middle';
    const x = Math.min(width - 1, Math.max(1, 8 + index * step));
    parts.push(shape('text', { x, y: bottom + 15, 'text-anchor': anchor }, `${edge * 100}`));
  }
  parts.push(
    shape('text', { x: width / 2, y: height - 3, 'text-anchor': 'middle' }, 'propensity, %'),
  );
  svg.replaceChildren(...parts);
}

function percentTick(value) {
  return `${value * 100}%`;
}

/** The drawing's own size in CSS pixels, so that text keeps its size. */
function sizeOf(svg) {
  const { width, height } = svg.getBoundingClientRect();
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  return { width, height };
}
