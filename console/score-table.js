import { percent, time } from './format.js';

const ROWS = 14;
/** Of a version only its digest tells it apart here; the whole stands under “Serving”. */
const MODEL_CHARACTERS = 12;

/** Shows the latest score of each visitor, newest first; rows that stay are not touched. */
export function showScores(body, scores) {
  const latest = new Map();
  for (const score of scores) {
    if (!latest.has(score.visitor)) latest.set(score.visitor, score);
    if (latest.size === ROWS) break;
  }
  const shown = new Map([...body.rows].map((row) => [keyOf(row.dataset), row]));
  body.replaceChildren(
    ...[...latest.values()].map((score) => shown.get(keyOf(score)) ?? rowOf(score)),
  );
}

/** The truth can come a moment after the score. */
function keyOf({ decision, truth }) {
  return `${decision} ${truth}`;
}

function rowOf(score) {
  const row = document.createElement('tr');
  row.dataset.decision = score.decision;
  row.dataset.truth = score.truth;
  row.append(
    cell(time(score.at), 'quiet wide'),
    cell(score.visitor, 'code'),
    cell(score.product ?? '–', 'code wide'),
    propensityCell(score),
    cell(score.truth === null ? '–' : percent(score.truth), 'truth'),
    actionCell(score),
    cell(score.model.slice(-MODEL_CHARACTERS), 'quiet code wide'),
  );
  return row;
}

function cell(text, className) {
  const element = document.createElement('td');
  element.className = className;
  element.textContent = text;
  return element;
}

function propensityCell({ propensity, truth }) {
  const element = document.createElement('td');
  const line = document.createElement('div');
  line.className = 'propensity';
  const number = document.createElement('span');
  number.textContent = percent(propensity);
  const bar = document.createElement('div');
  bar.className = 'bar';
  bar.setAttribute('aria-hidden', 'true'); // the numbers say the same
  const filled = document.createElement('i');
  filled.style.width = `${propensity * 100}%`;
  bar.append(filled);
  if (truth !== null) {
    const mark = document.createElement('b');
    mark.style.left = `${truth * 100}%`;
    bar.append(mark);
  }
  line.append(number, bar);
  element.append(line);
  return element;
}

function actionCell({ action, variant, degraded }) {
  const element = document.createElement('td');
  if (action === 'none') element.append('–');
  else element.append(tag(action, action === 'discount' || action === 'upsell' ? 'strong' : ''));
  if (variant === 'challenger') element.append(' ', tag('challenger', ''));
  if (degraded) element.append(' ', tag('degraded', 'alarm'));
  return element;
}

function tag(text, className) {
  const element = document.createElement('span');
  element.className = `tag ${className}`;
  element.textContent = text;
  return element;
}
