import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { register as registerFeatures } from '../../cli/features.ts';
import { register as registerImport } from '../../cli/import.ts';
import { useEnvironment } from '../../local/environment.ts';
import { startPlatform } from '../../local/platform.ts';
import { readProjectWiring } from '../../local/project.ts';
import { NotEnoughData, Usage } from '../../shared/errors.ts';
import { decision } from '../../shared/schemas/score.ts';
import { writeCompact } from '../../shared/trees/compact-forest.ts';
import { readForest } from '../../shared/trees/read-forest.ts';
import { printedBy } from '../printed-by.ts';
import { serveModel } from '../serve-model.ts';
import { numberFeature, untrainedModel } from '../untrained-model.ts';
import { xgboostStumps } from '../xgboost-stumps.ts';

vi.setConfig({ testTimeout: 30_000 }); // DuckDB, on a machine that may be busy

const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
const dataDir = join(folder, 'data');

/** What a command printed, in this process. */
const foresight = (...words: string[]) => printedBy([registerImport, registerFeatures], words);
const snapshot = (...words: string[]) => foresight('features', 'snapshot', ...words);
const json = async (...words: string[]) => JSON.parse(await snapshot(...words, '--json'));

const lines = [
  { event_type: 'product_view', price: 8 },
  { event_type: 'product_view', price: 10 },
  { event_type: 'purchase', price: 9, order_id: 'o', product_category: 'shoes' },
].map((line, index) => ({
  ...line,
  event_id: `e${index}`,
  event_timestamp: `2026-05-06T12:0${index}:00.000Z`,
  received_at: `2026-05-06T12:0${index}:00.000Z`,
  anonymous_id: 'v',
  user_id: 'anna',
  product_id: 'p',
}));

beforeAll(async () => {
  useEnvironment(readProjectWiring('dev'), dataDir);
  const file = join(folder, 'events.jsonl');
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await foresight('import', 'canonical', file);
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true }));

const valuesOf = async (...words: string[]) => {
  const { features } = JSON.parse(await foresight('features', 'show', ...words, '--json')) as {
    features: { name: string; value: unknown }[];
  };
  return Object.fromEntries(features.map(({ name, value }) => [name, value]));
};

describe('foresight features snapshot', () => {
  test('makes and loads a snapshot; again, the same bytes and nothing written', async () => {
    const first = await json('--date', '2026-05-07', '--load');
    expect(first).toMatchObject({
      silver: { days: 1, made: 1, lines: 3, events: 3, bots: 0, duplicates: 0, missing_days: [] },
      snapshots: [
        { entity: 'user', date: '2026-05-07', rows: 1 },
        { entity: 'product', date: '2026-05-07', rows: 1 },
      ],
      loaded: { user: { rows: 1, written: 1 }, product: { rows: 1, written: 1 } },
    });
    expect(await json('--date', '2026-05-07', '--load')).toMatchObject({
      silver: { days: 1, made: 0 },
      snapshots: first.snapshots,
      loaded: { user: { unchanged: 1 }, product: { unchanged: 1 } },
    });
  });

  test('what was loaded is shown', async () => {
    expect(await valuesOf('product', 'p')).toEqual({
      'product.purchase_count_30d': 1,
      'product.view_count_30d': 2,
      'product.view_to_purchase_rate_30d': 3 / 102,
      'product.avg_price_7d': 9,
    });
    expect(await valuesOf('user', 'anna')).toMatchObject({
      lifetime_purchase_count: 1,
      preferred_product_category: 'shoes',
      distinct_products_bought: 1,
    });
    expect(await foresight('features', 'show', 'product', 'unknown')).toContain('was never seen');
    expect(process.exitCode).toBe(1);
    process.exitCode = 0;
  });

  test('a range makes one a day and loads the last', async () => {
    const { snapshots, loaded } = await json(
      '--from',
      '2026-05-07',
      '--to',
      '2026-05-09',
      '--load',
    );
    expect(snapshots.map(({ date }: { date: string }) => date)).toEqual(
      ['07', '07', '08', '08', '09', '09'].map((day) => `2026-05-${day}`),
    );
    expect(loaded.product).toMatchObject({ rows: 1 });
    await expect(snapshot('--date', '2026-05-08', '--load')).rejects.toThrow(
      '2026-05-09 is online',
    );
  });

  test.each([
    [[], 'either --date, or --from and --to'],
    [['--date', '2026-02-30'], 'YYYY-MM-DD'],
    [['--from', '2026-05-08', '--to', '2026-05-07'], 'is after'],
    [['--date', '2999-01-01'], 'has not begun'],
  ])('%j is a usage error', async (words, message) => {
    const refusal = snapshot(...words);
    await expect(refusal).rejects.toThrow(Usage);
    await expect(refusal).rejects.toThrow(message);
  });

  test('a date before the first event has nothing to tell of', async () => {
    const refusal = snapshot('--date', '2026-05-06');
    await expect(refusal).rejects.toThrow(NotEnoughData);
    await expect(refusal).rejects.toThrow('no events before 2026-05-06');
  });
});

test('a score that names a product is made with what the snapshot knows of it', async () => {
  const name = 'product.view_count_30d';
  const forest = xgboostStumps([name], [{ column: 0, threshold: 1.5, left: -3, right: -1 }]);
  const model = untrainedModel(
    { kind: 'trees', model: forest, forest: writeCompact(readForest(forest)) },
    { features: [numberFeature(name)], calibration: { kind: 'platt', a: -1, b: 0 } },
  );
  const platform = await startPlatform({ dataDir, port: 0 });
  try {
    await serveModel(model);
    for (const product_id of ['p', 'unknown', undefined]) {
      const response = await fetch(`${platform.url}/v1/propensity`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': platform.apiKey },
        body: JSON.stringify({ anonymous_id: 'v', product_id }),
      });
      expect(await response.json()).toMatchObject({ degraded: false });
    }
    await platform.drain();
  } finally {
    await platform.stop();
  }
  const decisions = join(dataDir, 'LakeBucket', 'bronze', 'decisions');
  const logged = readdirSync(decisions, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ parentPath, name: file }) =>
      readFileSync(join(parentPath, file), 'utf8').trim().split('\n'),
    )
    .map((line) => decision.parse(JSON.parse(line)));
  expect(logged.map(({ features, margin }) => [features[name], margin])).toEqual([
    [2, -1],
    [null, -3],
    [null, -3],
  ]);
}, 30_000);
