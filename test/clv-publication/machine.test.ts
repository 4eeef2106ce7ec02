import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { clvFromItem, clvKey } from '../../shared/domain/clv-publication/online-values.ts';
import { readCurrent } from '../../shared/domain/clv-publication/publication.ts';
import { publishedRows } from '../../shared/domain/clv-publication/published-tiers.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';
import { publishedNotices } from '../../shared/embedded/notices.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { StoreUnavailable } from '../../shared/errors.ts';
import type { ClvPublication } from '../../shared/schemas/clv.ts';
import { ended, type Ran, runnerOf, statesOf } from '../machines/run-machine.ts';
import {
  ENVIRONMENT,
  type Instead,
  importOrders,
  machine,
  serveModel,
  shop,
  tasksOf,
  trainModel,
} from './machine.ts';

beforeAll(trainModel, 60_000);
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-clv-'));
  vi.stubEnv('FORESIGHT_DATA_DIR', folder);
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
});
afterEach(async () => {
  const { path } = dataDirectory();
  await closeDataDirectory(dataDirectory());
  rmSync(path, { recursive: true });
  vi.unstubAllEnvs();
});

const WEEK = '2026-01-05';
const NEXT_WEEK = '2026-01-12';
const lake = () => openObjectStore(ENVIRONMENT.LAKE_BUCKET);
const online = () => openOnlineStore(ENVIRONMENT.ONLINE_TABLE);

async function run(name: string, input: object, instead: Instead = {}): Promise<Ran> {
  const runner = runnerOf(machine, await tasksOf(instead));
  await openStateMachines().start(machine.resource, name, JSON.stringify(input));
  await runner.idle();
  return ended(machine, name);
}

/** Everything of the lake that a run makes. */
async function made(): Promise<Readonly<Record<string, string>>> {
  const all: Record<string, string> = {};
  for await (const key of lake().list('gold/clv/'))
    all[key] = Buffer.from((await lake().get(key)) as Uint8Array).toString('base64');
  return all;
}

const failureOf = ({ history }: Ran) => history.find(({ type }) => type === 'ExecutionFailed');

test('a week is gathered, scored, checked and published, and people are told', async () => {
  const version = await serveModel();
  await importOrders(shop);
  const ran = await run('week', { as_of: WEEK, parts: 3 });
  expect(ran.status).toBe('SUCCEEDED');
  expect(statesOf(ran).filter((state) => state === 'ScorePart')).toHaveLength(3);
  const current = (await readCurrent(lake())) as ClvPublication;
  const known = new Set(
    shop.filter(({ day }) => day < 364).map(({ customer }) => `k1_${customer}`),
  );
  expect(current).toMatchObject({
    run_id: `clv-scoring-${WEEK}`,
    model_version: version,
    horizon_days: 90,
    previous: null,
    counts: { customers: known.size },
  });
  const rows = await publishedRows(current, lake());
  expect(new Set(rows.map(({ customer_id }) => customer_id))).toEqual(known);
  const items = await online().read(rows.slice(0, 100).map((row) => clvKey(row.customer_id)));
  for (const row of rows.slice(0, 100)) {
    const item = items.get(clvKey(row.customer_id));
    expect(item && clvFromItem(item)).toMatchObject({
      predicted_value: row.predicted_value,
      tier: row.tier,
      as_of: WEEK,
      model_version: version,
    });
  }
  expect(publishedNotices('LowNotices').map(({ subject }) => subject)).toEqual([
    `Customer values as of ${WEEK}: ${known.size} customers`,
  ]);
}, 60_000);

test('a second start writes the same bytes, and the next week is compared with the first', async () => {
  await serveModel();
  await importOrders(shop);
  await run('week', { as_of: WEEK });
  const once = await made();
  expect(await run('again', { as_of: WEEK })).toMatchObject({ status: 'SUCCEEDED' });
  expect(await made()).toEqual(once);
  const next = await run('next', { as_of: NEXT_WEEK });
  expect(JSON.parse(next.output ?? '')).toMatchObject({
    as_of: NEXT_WEEK,
    drift: { previous_as_of: WEEK, level: expect.any(String), moved: expect.any(Number) },
  });
  // Late, after the week that follows it: what is newer stays.
  const late = await run('late', { as_of: WEEK });
  expect(failureOf(late)?.error).toBe('StaleSnapshot');
  expect(await readCurrent(lake())).toMatchObject({ as_of: NEXT_WEEK });
}, 60_000);

describe('a run', () => {
  beforeEach(async () => {
    await serveModel();
    await importOrders(shop);
  });

  test('whose forests a batch transform evaluates publishes the same values', async () => {
    const values = async () => {
      const rows = await publishedRows((await readCurrent(lake())) as ClvPublication, lake());
      return new Map(rows.map((row) => [row.customer_id, row.predicted_value]));
    };
    const ran = await run('hosted', { as_of: WEEK, scorer: 'sagemaker' });
    expect(ran.status).toBe('SUCCEEDED');
    expect(statesOf(ran).filter((state) => state === 'TransformCustomers')).toHaveLength(4);
    const hosted = await values();
    for (const key of Object.keys(await made())) await lake().delete(key);
    await run('embedded', { as_of: WEEK });
    const embedded = await values();
    expect([...hosted.keys()].toSorted()).toEqual([...embedded.keys()].toSorted());
    for (const [customer, value] of embedded)
      expect((hosted.get(customer) as number) / value).toBeCloseTo(1, 5);
  });

  test('whose batch transform fails publishes nothing, and says why', async () => {
    const failing: Instead = {
      async FeaturesFunction(event, real) {
        await real();
        const key = 'gold/clv/runs/clv-scoring-2026-01-05/features/00000.csv';
        await lake().put(key, new TextEncoder().encode('0,not,a,number\n'));
        return { part: (event as { part: number }).part };
      },
    };
    const ran = await run('week', { as_of: WEEK, scorer: 'sagemaker', parts: 1 }, failing);
    expect(ran.status).toBe('FAILED');
    expect(statesOf(ran)).not.toContain('ScoreParts');
    expect(publishedNotices('MediumNotices')).toHaveLength(1);
    expect(await readCurrent(lake())).toBeNull();
  });

  test('whose mean is far from last week is halted: the numbers are told, last week stays', async () => {
    await run('week', { as_of: WEEK });
    const before = await readCurrent(lake());
    const dearer = shop.map((row) => ({ ...row, amount: 3 * row.amount }));
    await importOrders(dearer, { updated_at: '2026-01-08T00:00:00.000000Z' });
    const ran = await run('next', { as_of: NEXT_WEEK });
    expect(statesOf(ran)).not.toContain('PublishParts');
    expect(failureOf(ran)).toMatchObject({
      error: 'ScoresHalted',
      cause: expect.stringMatching(
        /mean-shift: mean predicted value [\d.]+, [\d.]+ as of 2026-01-05/,
      ),
    });
    expect(await readCurrent(lake())).toEqual(before);
    expect(publishedNotices('MediumNotices')).toMatchObject([
      { subject: 'Customer values were halted', body: expect.stringContaining('mean-shift') },
    ]);
    const accepted = await run('accepted', { as_of: NEXT_WEEK, accept_shift: 'prices tripled' });
    expect(accepted.status).toBe('SUCCEEDED');
  });

  test('whose store fails for a while goes on; one that fails for good is told of', async () => {
    let failures = 1;
    const failing: Instead = {
      async ScoreFunction(_event, real) {
        if (failures > 1) throw new RangeError('for good');
        if (failures-- > 0) throw new StoreUnavailable('a while');
        return real();
      },
    };
    expect((await run('while', { as_of: WEEK }, failing)).status).toBe('SUCCEEDED');
    failures = Number.POSITIVE_INFINITY;
    const ran = await run('for-good', { as_of: NEXT_WEEK }, failing);
    expect(failureOf(ran)?.error).toBe('RangeError');
    expect(await readCurrent(lake())).toMatchObject({ as_of: WEEK });
    expect(publishedNotices('MediumNotices')).toMatchObject([
      { body: expect.stringMatching(/RangeError: .*for good/) },
    ]);
  });

  test('that failed while it published is made whole by a redrive', async () => {
    let broken = true;
    const failing: Instead = {
      async PublishPartFunction(event, real) {
        if (broken && (event as { part: number }).part === 1) throw new Error('cut off');
        return real();
      },
    };
    const ran = await run('week', { as_of: WEEK, parts: 3 }, failing);
    expect(ran.status).toBe('FAILED');
    expect(await readCurrent(lake())).toBeNull();
    broken = false;
    expect((await run('redriven', { as_of: WEEK, parts: 3 }, failing)).status).toBe('SUCCEEDED');
    const redriven = await made();
    expect(Object.keys(redriven).filter((key) => key.endsWith('.parquet')).length).toBeGreaterThan(
      3,
    );
    await run('whole', { as_of: WEEK, parts: 3 });
    expect(await made()).toEqual(redriven);
  });

  test('leaves out orders that were cancelled since, and counts a changed one once', async () => {
    const [first] = shop;
    const gone = shop.filter(({ customer }) => customer === first?.customer);
    const changed = { updated_at: '2026-01-02T00:00:00.000000Z' };
    await importOrders(gone, { ...changed, state: 'cancelled' });
    await run('week', { as_of: WEEK });
    const rows = await publishedRows((await readCurrent(lake())) as ClvPublication, lake());
    expect(rows.map((row) => row.customer_id)).not.toContain(`k1_${first?.customer}`);
    expect(rows.length).toBe(
      new Set(shop.filter(({ day }) => day < 364).map((row) => row.customer)).size - 1,
    );
  });
}, 60_000);

test.each<[string, string, () => Promise<unknown>]>([
  ['no model serves', 'ModelNotFound', () => importOrders(shop)],
  ['the lake has no orders', 'NotEnoughData', () => serveModel()],
  [
    'the model that serves is gone',
    'ModelNotFound',
    async () => {
      await importOrders(shop);
      const version = await serveModel();
      await openObjectStore('ModelsBucket').delete(`clv/${version}/model.json`);
    },
  ],
])(
  'where %s nothing is published, and people are told why',
  async (_case, error, prepare) => {
    await prepare();
    const ran = await run('week', { as_of: WEEK });
    expect(failureOf(ran)?.error).toBe(error);
    expect(publishedNotices('MediumNotices')).toMatchObject([
      { body: expect.stringContaining(error) },
    ]);
    expect(await readCurrent(lake())).toBeNull();
  },
  60_000,
);

test('a base of one customer is scored and published', async () => {
  await serveModel();
  await importOrders(shop.slice(0, 1));
  expect((await run('week', { as_of: NEXT_WEEK })).status).toBe('SUCCEEDED');
  expect(await readCurrent(lake())).toMatchObject({ counts: { customers: 1 } });
}, 60_000);

test('input that no request has is refused', async () => {
  const ran = await run('week', { as_of: 'Monday' });
  expect(failureOf(ran)?.error).toBe('InvalidRequest');
});
