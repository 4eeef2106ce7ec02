import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FileEvents, fileEvents } from '../../local/file-events.ts';
import { backtestPropensity } from '../../shared/domain/backtest.ts';
import { modelInputs, PrefixReplay, type PrefixRows } from '../../shared/domain/prefix-rows.ts';
import { trainPropensity } from '../../shared/domain/propensity-training.ts';
import { catalogue } from '../../shared/features/catalogue.ts';

const DATA = join(import.meta.dirname, '../../../shared/data');
const RUN = {
  runDate: '2026-01-01',
  seed: 1,
  dataDigests: [],
  codeVersion: 'test',
  timeZone: 'UTC',
};

function replayed(...parts: readonly FileEvents['events'][]): PrefixRows {
  const replay = new PrefixReplay(modelInputs(catalogue()), RUN.timeZone);
  for (const [part, events] of parts.entries()) {
    if (part > 0) replay.startPart();
    for (const { event, sourceRow } of events) {
      const enriched = event();
      if (enriched !== null) replay.add(enriched, sourceRow);
    }
  }
  return replay.finish();
}

/** The rows asked of a backtest, by nothing but the 30-minute rule on the events' own fields. */
function expectedPrefixes(events: FileEvents['events']): Map<number, number> {
  const sessions = new Map<string, { newest: number; prefix: number; bought: boolean }>();
  const prefixes = new Map<number, number>();
  for (const { event, sourceRow } of events) {
    const { visitor, event_timestamp, event_type } = event() ?? {};
    const time = Date.parse(event_timestamp as string);
    let session = sessions.get(visitor as string);
    if (session === undefined || time - session.newest > 30 * 60_000)
      session = { newest: time, prefix: 0, bought: false };
    sessions.set(visitor as string, session);
    session.newest = time;
    session.bought ||= event_type === 'purchase';
    if (!session.bought) prefixes.set(sourceRow, ++session.prefix);
  }
  return prefixes;
}

const retailrocket = join(DATA, 'retailrocket-buyers/events.csv.gz');

describe.skipIf(!existsSync(retailrocket))('retailrocket-buyers, the last fifth as test', () => {
  test('is predicted event by event, far better than by the cart', {
    timeout: 120_000,
  }, async () => {
    const { events } = await fileEvents('retailrocket', [retailrocket]);
    const cut = Math.floor(events.length * 0.8);
    const after = events.slice(cut);
    const rows = replayed(events.slice(0, cut), after);
    const { tested, evaluation } = await backtestPropensity(rows, RUN, {
      predict: 'trees',
      features: [...rows.features.keys()],
    });
    const predicted = new Map(
      Array.from(tested, (row) => [rows.sourceRow[row] as number, rows.prefix[row] as number]),
    );
    expect(predicted).toEqual(expectedPrefixes(after));
    const metrics = evaluation.models.get('trees');
    expect(metrics?.['auc_weighted']?.value).toBeGreaterThan(0.88);
    expect(metrics?.['auc_weighted_gain_over_logistic']?.lower).toBeGreaterThan(0);
    expect(metrics?.['auc_prefix_last']?.value).toBeGreaterThan(0.92);
    expect(metrics?.['auc_weighted_gain_over_has_cart']?.lower).toBeGreaterThan(0.1);
    expect(metrics?.['ece']?.value).toBeLessThan(0.06);
    // Every event is of a buyer at last: near-perfect ranking would be a leak, not a success.
    expect(metrics?.['auc_weighted']?.value).toBeLessThan(0.95);
  });
});

const rees46 = join(DATA, 'rees46-2019-10-01/events.csv.gz');

describe.skipIf(!existsSync(rees46))('rees46-2019-10-01', () => {
  test('trains although most sessions are open at its end', { timeout: 60_000 }, async () => {
    const { events } = await fileEvents('rees46', [rees46]);
    const { evaluation } = await trainPropensity(replayed(events), RUN, 'trees', {
      champion: null,
      states: [],
      range: { from: null, to: '2026-01-01T00:00:00.000Z' },
      stopwatch: () => 0,
    });
    expect(evaluation.buyingSessions).toBeGreaterThan(10);
    const auc = evaluation.models.get('logistic')?.['auc']?.value;
    expect(auc).toBeGreaterThan(0.55);
    expect(auc).toBeLessThan(0.95);
  });
});
