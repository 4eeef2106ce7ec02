import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { clvDrift } from '../../shared/domain/clv-publication/drift.ts';
import { parquetFile } from '../../shared/domain/clv-publication/parquet-file.ts';
import { commitPublication, readCurrent } from '../../shared/domain/clv-publication/publication.ts';
import {
  listKey,
  manifestKey,
  POINTER_KEY,
  partFilesKey,
  partTotalsKey,
  publishedKey,
} from '../../shared/domain/clv-publication/publication-keys.ts';
import { publicationNotice } from '../../shared/domain/clv-publication/publication-notice.ts';
import { writePublished } from '../../shared/domain/clv-publication/published-files.ts';
import { publishedTiers } from '../../shared/domain/clv-publication/published-tiers.ts';
import { sanityFindings } from '../../shared/domain/clv-publication/sanity.ts';
import { parseScoreLines, scoreLines } from '../../shared/domain/clv-publication/score-lines.ts';
import {
  addTotals,
  NO_SCORES,
  totalsOf,
} from '../../shared/domain/clv-publication/score-totals.ts';
import {
  asOfDay,
  previousOf,
  runOf,
  type ScoringPlan,
  scoringRequest,
} from '../../shared/domain/clv-publication/scoring-plan.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import type { ObjectStore } from '../../shared/ports.ts';
import type { ClvPublication, ClvScore } from '../../shared/schemas/clv.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { baseOf, scoreOf } from './scores.ts';

freshDataDirectory();
const scratch = mkdtempSync(join(tmpdir(), 'foresight-'));
afterAll(() => rmSync(scratch, { recursive: true }));

let buckets = 0;
let lake: ObjectStore;
beforeEach(() => {
  lake = openObjectStore(`Lake${buckets++}`);
});

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function planOf(as_of: string, given: Partial<ScoringPlan> = {}): ScoringPlan {
  return {
    run_id: runOf(as_of),
    as_of,
    model_version: 'm-1',
    horizon_days: 365,
    scorer: 'embedded',
    chunks: 0,
    parts: 1,
    previous: null,
    accepted_shift: null,
    ...given,
  };
}

/** What the machine does between scoring and the pointer, by parts of 30 customers. */
async function publish(
  as_of: string,
  scores: readonly ClvScore[],
  given: Partial<ScoringPlan> = {},
): Promise<ClvPublication> {
  const parts = Math.max(1, Math.ceil(scores.length / 30));
  const plan = planOf(as_of, { parts, ...given });
  for (let part = 0; part < parts; part++) {
    const own = scores.slice(part * 30, (part + 1) * 30);
    await lake.put(partTotalsKey(plan.run_id, part), json(totalsOf(own, own.length)));
    const files = await writePublished(part, own, plan, lake);
    await lake.put(partFilesKey(plan.run_id, part), json(files));
  }
  return commitPublication(plan, lake);
}

async function everything(): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for await (const key of lake.list('gold/clv/'))
    all[key] = Buffer.from((await lake.get(key)) as Uint8Array).toString('base64');
  return all;
}

describe('sanity', () => {
  const basis = { previous: null, horizonDays: 365, acceptedShift: null };
  const failing = (scores: readonly ClvScore[], given = {}, base = 100) =>
    sanityFindings(totalsOf(scores, base), { ...basis, ...given })
      .filter(({ passed }) => !passed)
      .map(({ check, text }) => `${check}: ${text}`);
  const lastWeek = (mean_value: number, horizon_days = 365) => ({
    as_of: '2026-11-16',
    horizon_days,
    totals: { mean_value, predicted_value: 0, expected_purchases: 0 },
  });

  test('a base as it should be passes', () => {
    expect(failing(baseOf(100))).toEqual([]);
    expect(failing(baseOf(100), { previous: lastWeek(29.5) })).toEqual([]);
  });

  test.each<[string, readonly ClvScore[], object, string]>([
    ['a row too few', baseOf(99), {}, 'row-count: 99 rows of 100 customers'],
    ['no row at all', [], {}, 'row-count: 0 rows of 100 customers'],
    [
      'NaN',
      [...baseOf(99), scoreOf('x', { predicted_value: Number.NaN })],
      {},
      'unusable-scores: 1 rows have a number that is missing, not finite or out of range',
    ],
    [
      'a probability above 1',
      [...baseOf(99), scoreOf('x', { p_alive: 1.01 })],
      {},
      'unusable-scores: 1 rows',
    ],
    [
      'a customer twice',
      [...baseOf(99), scoreOf('k1_000000')],
      {},
      'repeated-customers: 1 rows repeat a customer',
    ],
    [
      'one value for all',
      baseOf(100).map((score) => ({ ...score, predicted_value: 7 })),
      {},
      'all-equal: predicted values from 7 to 7',
    ],
    [
      'a mean far from last week',
      baseOf(100),
      { previous: lastWeek(40) },
      'mean-shift: mean predicted value 29.50, 40.00 as of 2026-11-16: -26.2 % (at most ±15 %)',
    ],
    [
      'another horizon than last week',
      baseOf(100),
      { previous: lastWeek(29.5, 90) },
      'over 365 days cannot be compared with that of 2026-11-16 over 90 days',
    ],
  ])('halts on %s, naming the numbers', (_case, scores, given, text) => {
    expect(failing(scores, given)).toEqual([expect.stringContaining(text)]);
  });

  test.each([
    [25.66, true],
    [25.64, false],
    [34.7, true],
    [34.72, false],
  ])('the mean may be 15 % from last week and no more: %d', (mean, passes) => {
    expect(failing(baseOf(100), { previous: lastWeek(mean) }).length === 0).toBe(passes);
  });

  test('a shift that somebody accepts halts nothing, and the reason is told', () => {
    const given = { previous: lastWeek(40), acceptedShift: 'another model' };
    const findings = sanityFindings(totalsOf(baseOf(100), 100), { ...basis, ...given });
    expect(findings.at(-1)).toMatchObject({
      passed: true,
      text: expect.stringContaining('accepted: another model'),
    });
  });

  test('one customer alone is a base', () => {
    expect(failing([scoreOf('only')], {}, 1)).toEqual([]);
    expect(failing([], {}, 0)).toEqual(['row-count: 0 rows of 0 customers']);
  });
});

test('totals of parts add up to those of the whole, however it is cut', () => {
  const values = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(values, fc.nat(60), (all, cut) => {
      const scores = all.map((value, index) => scoreOf(`c${index}`, { predicted_value: value }));
      const parts = [scores.slice(0, cut), scores.slice(cut)];
      const sum = parts.map((part) => totalsOf(part, part.length)).reduce(addTotals, NO_SCORES);
      expect(sum).toEqual(totalsOf(scores, scores.length));
    }),
  );
});

describe('score lines', () => {
  test('read back as written, in the order of ids', () => {
    const scores = baseOf(12);
    expect(parseScoreLines(scoreLines(scores.toReversed()), 'key')).toEqual(scores);
  });

  test.each(['{"customer_id":"a"}', 'nonsense', '{"predicted_value":null}'])(
    'what is none is an error that names the line: %s',
    (line) => {
      const bytes = new TextEncoder().encode(`${JSON.stringify(scoreOf('a'))}\n${line}\n`);
      expect(() => parseScoreLines(bytes, 'part')).toThrow(/part, line 2: /);
    },
  );
});

describe('a Parquet file', () => {
  async function readByDuckdb(bytes: Uint8Array) {
    const path = join(scratch, 'file.parquet');
    writeFileSync(path, bytes);
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const answer = await connection.runAndReadAll(`SELECT * FROM read_parquet('${path}')`);
    connection.closeSync();
    return { names: answer.columnNames(), rows: answer.getRows() };
  }

  test('holds what was put in, as DuckDB reads it', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\u0000'));
    const rows = fc.array(fc.tuple(text, fc.double({ noNaN: true })), { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const file = parquetFile([
          { name: 'id', type: 'text', values: given.map(([id]) => id) },
          { name: 'value', type: 'double', values: given.map(([, value]) => value) },
        ]);
        expect(await readByDuckdb(file)).toEqual({ names: ['id', 'value'], rows: given });
      }),
      { numRuns: 30 },
    );
  });

  test('may have more columns than a short list of Thrift', async () => {
    const columns = Array.from({ length: 20 }, (_, index) => ({
      name: `c${index}`,
      type: 'double' as const,
      values: [index, -index],
    }));
    expect((await readByDuckdb(parquetFile(columns))).rows[1]?.[19]).toBe(-19);
  });
});

describe('a publication', () => {
  test('has every customer once, by tier, in Parquet and CSV alike', async () => {
    const scores = baseOf(100);
    const publication = await publish('2026-11-23', scores);
    expect(publication).toMatchObject({
      counts: { customers: 100 },
      totals: { predicted_value: 2950, mean_value: 29.5 },
      tiers: {
        low: { customers: 60, from: 1 },
        medium: { customers: 30, from: 37 },
        high: { customers: 10, predicted_value: 820, from: 82 },
      },
    });
    expect(await readCurrent(lake)).toEqual(publication);
    const tiers = await publishedTiers(publication, lake);
    expect(Object.fromEntries(tiers)).toEqual(
      Object.fromEntries(scores.map(({ customer_id, tier }) => [customer_id, tier])),
    );
    const list = await lake.get(listKey('2026-11-23', 'high', 0));
    expect(parse(Buffer.from(list as Uint8Array), { columns: true })[0]).toEqual({
      customer_id: 'k1_000009',
      predicted_value: '82',
      low: '10',
      high: '300',
      p_alive: '0.75',
      churn_probability: '0.5',
      expected_purchases: '2',
      tier: 'high',
      as_of: '2026-11-23',
      model_version: 'm-1',
    });
    expect(publication.files).toHaveProperty([publishedKey('2026-11-23', 'high', 0)]);
  });

  test('made again is the same bytes', async () => {
    await publish('2026-11-23', baseOf(100));
    const once = await everything();
    await publish('2026-11-23', baseOf(100));
    expect(await everything()).toEqual(once);
  });

  test('of a day that is published with other content is refused; what is there stays', async () => {
    await publish('2026-11-23', baseOf(100));
    const before = await lake.get(manifestKey('2026-11-23'));
    await expect(publish('2026-11-23', baseOf(100, 1.1))).rejects.toMatchObject({
      name: 'WriteConflict',
    });
    expect(await lake.get(manifestKey('2026-11-23'))).toEqual(before);
  });

  test("that halts leaves last week's where it is", async () => {
    const before = await publish('2026-11-16', baseOf(100));
    const previous = { run_id: before.run_id, as_of: before.as_of };
    await expect(publish('2026-11-23', baseOf(100, 2), { previous })).rejects.toMatchObject({
      name: 'ScoresHalted',
      message: expect.stringMatching(/mean-shift: .*59\.00, 29\.50 as of 2026-11-16: 100\.0 %/),
    });
    expect(await readCurrent(lake)).toEqual(before);
  });

  test('is complete before the pointer says so, and the pointer is put last', async () => {
    const order: string[] = [];
    const real = lake;
    lake = {
      ...real,
      put: (key, body) => {
        order.push(key);
        return real.put(key, body);
      },
    };
    await publish('2026-11-23', baseOf(40));
    expect(order.slice(-2)).toEqual([manifestKey('2026-11-23'), POINTER_KEY]);
  });

  test('of which a part is missing is none', async () => {
    await expect(publish('2026-11-23', baseOf(30), { parts: 2 })).rejects.toMatchObject({
      name: 'InvalidPublication',
      message: expect.stringContaining('totals/00001.json'),
    });
    expect(await readCurrent(lake)).toBeNull();
  });

  test.each<[string, (key: string) => Promise<void>]>([
    ['whose manifest is changed', (key) => lake.put(key, json({}))],
    ['whose manifest is gone', (key) => lake.delete(key)],
  ])('%s is not believed', async (_case, damage) => {
    await publish('2026-11-23', baseOf(10));
    await damage(manifestKey('2026-11-23'));
    await expect(readCurrent(lake)).rejects.toMatchObject({ name: 'InvalidPublication' });
  });
});

describe('what a run is about', () => {
  const NOW = Date.UTC(2026, 10, 23, 6);

  test.each([
    ['the day asked for', { as_of: '2026-11-09' }, '2026-11-09'],
    ['the day of the schedule', { time: '2026-11-16T05:00:00Z' }, '2026-11-16'],
    ['today', {}, '2026-11-23'],
  ])('is %s', (_case, request, day) => {
    expect(asOfDay(scoringRequest.parse(request), NOW)).toBe(day);
  });

  test('a day to come is refused', () => {
    expect(() => asOfDay(scoringRequest.parse({ as_of: '2026-11-24' }), NOW)).toThrow(/not begun/);
  });

  test('it is compared with the week before, on a second start as on the first', () => {
    const week = { run_id: runOf('2026-11-16'), as_of: '2026-11-16', previous: null };
    const link = { run_id: week.run_id, as_of: week.as_of };
    const now = { run_id: runOf('2026-11-23'), as_of: '2026-11-23', previous: link };
    expect(previousOf('2026-11-23', null)).toBeNull();
    expect(previousOf('2026-11-23', week)).toEqual(link);
    expect(previousOf('2026-11-23', now)).toEqual(link);
    expect(() => previousOf('2026-11-16', now)).toThrow(/do not replace/);
  });
});

describe('drift', () => {
  test('tells who changed tier, who is new and who is gone', async () => {
    const before = await publish('2026-11-16', baseOf(100));
    const scores = baseOf(105).slice(5);
    const risen = scores.map((score, index) =>
      index === 0 ? { ...score, tier: 'high' as const } : score,
    );
    const after = await publish('2026-11-23', risen);
    const drift = clvDrift(before, after, {
      previous: await publishedTiers(before, lake),
      current: await publishedTiers(after, lake),
    });
    expect(drift.migration).toEqual({
      low: { low: 54, medium: 0, high: 1, gone: 5 },
      medium: { low: 0, medium: 30, high: 0, gone: 0 },
      high: { low: 0, medium: 0, high: 10, gone: 0 },
      new: { low: 5, medium: 0, high: 0, gone: 0 },
    });
    expect(drift.moved).toBeCloseTo(1 / 95, 12);
    expect(drift).toMatchObject({ psi: 0, level: 'none' });
  });

  test('a base ten times as valuable is a major one, and the notice says so', async () => {
    const before = await publish('2026-11-16', baseOf(100));
    const after = await publish('2026-11-23', baseOf(100, 10));
    const none = { previous: new Map(), current: new Map() };
    const drift = clvDrift(before, after, none);
    expect(drift).toMatchObject({ level: 'major', mean_change: 9, moved: null });
    expect(publicationNotice(after, drift)).toMatchObject({
      severity: 'medium',
      subject: 'Customer values as of 2026-11-23: 100 customers, major drift',
      body: expect.stringContaining('mean 900.0 %'),
    });
  });
});
