import { drawHistogram, drawScatter, drawSparkline } from './charts.js';
import { count, duration, percent, rate } from './format.js';
import { showScores } from './score-table.js';

const INTERVAL = 1000;

const byId = (id) => document.getElementById(id);
let paused = false;
let latest = null;

function show(live) {
  latest = live;
  showStatus(live);
  showRates(live);
  showPeople(live);
  showCharts(live);
  showCounts(byId('flow'), flowRows(live.flow));
  showCounts(byId('model'), modelRows(live));
  document.body.classList.toggle('without-truth', live.shop === null);
  showScores(byId('score-rows'), live.scores.recent);
  byId('scores-empty').hidden = live.scores.recent.length > 0;
  const snippet = snippetFor(live);
  if (byId('snippet').textContent !== snippet) byId('snippet').textContent = snippet;
}

function showStatus({ now, started_at, stage, shop }) {
  const running = `Running for ${duration(now - started_at)}, stage ${stage}`;
  setStatus('live', shop === null ? running : `${running}, simulated shop with seed ${shop.seed}`);
}

/** Only a change of words is announced to screen readers. */
function setStatus(state, text) {
  const status = byId('status');
  status.dataset.state = state;
  if (status.textContent !== text) status.textContent = text;
}

function showRates({ flow, scores }) {
  byId('events-rate').textContent = rate(recentRate(flow.per_second));
  byId('scores-rate').textContent = rate(recentRate(scores.per_second));
  drawSparkline(byId('events-line'), flow.per_second);
  drawSparkline(byId('scores-line'), scores.per_second);
  byId('latency').textContent =
    scores.median_ms === null ? '–' : `${scores.median_ms.toFixed(1)} ms`;
}

/** Mean of the last five whole seconds. */
function recentRate(perSecond) {
  const recent = perSecond.slice(-5);
  return recent.reduce((sum, value) => sum + value, 0) / Math.max(1, recent.length);
}

function showPeople({ shop, scores }) {
  if (shop === null) {
    byId('people-label').textContent = 'Scores so far';
    byId('people').textContent = count(scores.total);
    byId('people-note').textContent = 'no simulated shop is running';
    return;
  }
  byId('people').textContent = count(shop.visitors);
  byId('people-note').textContent =
    `${count(shop.orders)} ${shop.orders === 1 ? 'order' : 'orders'} so far`;
}

function showCharts({ scores, shop }) {
  const { edges, counts } = scores.spread;
  drawHistogram(byId('histogram'), edges, counts);
  const most = counts.indexOf(Math.max(...counts));
  byId('histogram').setAttribute(
    'aria-label',
    scores.total === 0
      ? 'No scores yet'
      : `${count(scores.total)} scores, most of them between ${percent(edges[most])} and ${percent(edges[most + 1])}`,
  );
  if (shop === null) return;
  drawScatter(
    byId('scatter'),
    shop.pairs.map(([truth, propensity]) => [truth, propensity]),
  );
  const note =
    shop.scored === 0
      ? 'No scores yet'
      : `On average the model says ${percent(shop.mean_propensity)}, the truth is ${percent(shop.mean_truth)}.`;
  byId('scatter').setAttribute('aria-label', `Propensity against true probability. ${note}`);
  byId('scatter-note').textContent = note;
}

/** Every accepted event ends in exactly one way, or is still on its way. */
function flowRows({ accepted, refused, ended, dead_letters }) {
  const done = ended.processed + ended.late + ended.duplicate + ended.rejected;
  return [
    ['Accepted', accepted],
    ['Processed', ended.processed],
    ['Late', ended.late],
    ['Duplicate', ended.duplicate],
    ['Bad rows', ended.rejected],
    ['Under way', Math.max(0, accepted - done)],
    ['Refused', refused],
    ['Dead letters', dead_letters, dead_letters > 0 ? 'alarm' : ''],
  ].map(([name, value, className = '']) => [name, count(value), className]);
}

function modelRows({ model, scores }) {
  const rows = [
    ['Model', model.name],
    ['Champion', model.champion ?? 'not asked yet'],
  ];
  if (model.challenger !== null) {
    rows.push(
      ['Challenger', model.challenger],
      ['Share of the challenger', percent(model.challenger_share)],
    );
  }
  rows.push(['Scores answered', count(scores.total)], ['degraded', count(scores.degraded), 'part']);
  return rows.map(([name, value, className = '']) => [name, value, className]);
}

function showCounts(list, rows) {
  list.replaceChildren(
    ...rows.map(([name, value, className]) => {
      const pair = document.createElement('div');
      const term = document.createElement('dt');
      term.textContent = name;
      const detail = document.createElement('dd');
      detail.textContent = value;
      pair.className = className;
      pair.append(term, detail);
      return pair;
    }),
  );
}

function snippetFor({ api_key }) {
  const post = (path, body) =>
    `curl ${location.origin}${path} \\\n  -H 'x-api-key: ${api_key}' \\\n  -d '${JSON.stringify(body)}'`;
  return [
    post('/v1/events', {
      events: [{ event_type: 'add_to_cart', anonymous_id: 'me', product_id: 'p1001', price: 49 }],
    }),
    post('/v1/propensity', { anonymous_id: 'me', product_id: 'p1001', reasons: true }),
  ].join('\n\n');
}

async function poll() {
  if (!paused && !document.hidden) {
    try {
      const response = await fetch('/console/live.json', { cache: 'no-store' });
      if (!response.ok) throw new Error(`the platform answered ${response.status}`);
      const live = await response.json();
      if (!paused) show(live);
    } catch {
      setStatus('lost', 'No answer from the platform; trying again every second.');
    }
  }
  setTimeout(poll, INTERVAL);
}

byId('pause').addEventListener('click', () => {
  paused = !paused;
  byId('pause').setAttribute('aria-pressed', String(paused));
  byId('pause').textContent = paused ? 'Resume' : 'Pause';
  if (paused) setStatus('waiting', 'Paused');
});

byId('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(byId('snippet').textContent);
  byId('copy').textContent = 'Copied';
  setTimeout(() => {
    byId('copy').textContent = 'Copy';
  }, 2000);
});

addEventListener('resize', () => {
  if (latest !== null) showCharts(latest);
});

await poll();
