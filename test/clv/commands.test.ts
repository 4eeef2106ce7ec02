import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register as registerBacktest } from '../../cli/backtest.ts';
import { register as registerClv } from '../../cli/clv.ts';
import { register as registerModels } from '../../cli/models.ts';
import { resourceNamed, useEnvironment } from '../../local/environment.ts';
import { openLake } from '../../local/lake.ts';
import { readProjectWiring } from '../../local/project.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import {
  CustomerNotScored,
  ModelNotFound,
  NotEnoughData,
  UnreadableInput,
  Usage,
} from '../../shared/errors.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { printedBy } from '../printed-by.ts';
import { dateOf, payments, transactionsCsv } from './shop.ts';

const folder = mkdtempSync(join(tmpdir(), 'clv-commands-'));
const file = (name: string) => join(folder, name);
const DAYS = 300;
const LATER = 40;
const rows = payments(300, DAYS + LATER, 5);
const orders = `transactions:${file('orders.csv')}`;

const clv = (...words: string[]) => printedBy([registerClv], ['clv', ...words]);
const models = (...words: string[]) => printedBy([registerModels], ['models', ...words]);

beforeAll(() => {
  useEnvironment(readProjectWiring('dev'), join(folder, 'data'));
  writeFileSync(file('orders.csv'), transactionsCsv(rows));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  process.exitCode = undefined;
});

/** Rows of an exported list, as cells. */
const listed = (name: string, tier: string) =>
  readFileSync(join(file(name), `${tier}.csv`), 'utf8')
    .trim()
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(','));

/** Lists have no more digits than an amount needs. */
const isAbout = (cell: string | undefined, value: number) =>
  Math.abs(Number(cell) - value) < 0.0051;

test('without a model there is nothing to score with, and that is said', async () => {
  await expect(clv('segments', '--orders', orders)).rejects.toThrow(ModelNotFound);
});

describe('from orders to tiers', () => {
  let version = '';
  beforeAll(async () => {
    const printed = JSON.parse(
      await clv(
        'train',
        '--orders',
        orders,
        '--as-of',
        dateOf(DAYS),
        '--horizon-days',
        '60',
        '--json',
      ),
    );
    expect(printed).toMatchObject({ model: 'clv', horizon_days: 60, as_of: dateOf(DAYS) });
    expect(Object.keys(printed.metrics)).toEqual(
      expect.arrayContaining(['past-spend', 'bg-nbd-gamma-gamma', printed.champion]),
    );
    version = printed.version;
  }, 60_000);

  test('the registry shows the version, its card and its gates', async () => {
    expect(await models('list', 'clv')).toContain(`${version}  candidate`);
    const shown = await models('show', 'clv', version);
    expect(shown).toMatch(/orders from 2020-01-0\d to 2020-10-27: \d+ rows, 300 customers/);
    expect(shown).toContain('gini-over-past-spend');
    expect(await models('card', 'clv', version)).toContain('## Groups');
  });

  describe('published', { timeout: 30_000 }, () => {
    const publish = async (day: number, ...more: string[]) =>
      JSON.parse(
        await clv('publish', '--orders', orders, '--as-of', dateOf(day), '--json', ...more),
      );

    beforeAll(async () => {
      expect(await models('promote', 'clv', version)).toContain('next run of clv-scoring');
    });

    test('before anything is, that is said', async () => {
      await expect(clv('export', '--out', file('lists'))).rejects.toThrow(NotEnoughData);
      await expect(clv('proxies')).rejects.toThrow(/nothing is published yet/);
      await expect(clv('show', 'c7')).rejects.toThrow(CustomerNotScored);
    });

    test('a customer is shown as scored, and stands in the list of its tier alone', async () => {
      expect(await publish(DAYS)).toMatchObject({ status: 'SUCCEEDED' });
      const shown = JSON.parse(await clv('show', 'c7'));
      const explained = JSON.parse(
        await clv('explain', 'c7', '--orders', orders, '--as-of', dateOf(DAYS), '--json'),
      );
      expect(shown).toMatchObject({
        as_of: dateOf(DAYS),
        model_version: version,
        tier: explained.tier,
        predicted_value: expect.closeTo(explained.predicted_value, 2),
      });
      const exported = JSON.parse(await clv('export', '--out', file('lists'), '--json'));
      const { high, medium, low } = exported.customers;
      expect(exported).toMatchObject({ as_of: dateOf(DAYS), ids: 'pseudonyms' });
      expect(high + medium + low).toBe(300);
      for (const tier of ['high', 'medium', 'low']) {
        const lines = listed('lists', tier);
        expect(lines).toHaveLength(exported.customers[tier]);
        for (const [id] of lines) expect(id).toMatch(/^k1_/);
        const itsOwn = lines.filter(([, value]) => isAbout(value, shown.predicted_value));
        if (tier === shown.tier) expect(itsOwn.length).toBeGreaterThan(0);
      }
    });

    test('what is known 30 days later is held against it', async () => {
      expect(await clv('proxies')).toContain(`no day was published 30 days before ${dateOf(DAYS)}`);
      await publish(DAYS + 35, '--accept-shift', 'five weeks are more than one');
      const { outcomes } = JSON.parse(await clv('proxies', '--json'));
      expect(outcomes).toHaveLength(1);
      expect(outcomes[0]).toMatchObject({
        as_of: dateOf(DAYS),
        model_version: version,
        proxy: { customers: 300 },
        whole: null,
      });
      expect(outcomes[0].proxy.spearman).toBeGreaterThan(0.2);
      expect(await clv('proxies')).toMatch(
        new RegExp(`${dateOf(DAYS)} +${version} +300 +0\\.\\d{3} +– +– +–`),
      );
    });
  });

  test('every customer is scored once, and explained to the same value', async () => {
    const out = file('scores.csv');
    const flags = ['--orders', orders, '--as-of', dateOf(DAYS)];
    const printed = JSON.parse(await clv('score', ...flags, '--out', out, '--json'));
    const [header, ...lines] = readFileSync(out, 'utf8').trim().split('\n');
    expect(header).toBe(
      'customer_id,predicted_value,low,high,p_alive,churn_probability,expected_purchases,tier',
    );
    const ids = lines.map((line) => line.split(',')[0] as string);
    expect(ids).toEqual([...new Set(rows.map(({ customer }) => customer))].sort());
    expect(printed).toMatchObject({ customers: ids.length, model_version: version });
    const explained = JSON.parse(await clv('explain', ids[7] as string, ...flags, '--json'));
    expect(explained.predicted_value).toBeCloseTo(Number(lines[7]?.split(',')[1]), 3);
    const sum = explained.reasons.reduce(
      (all: number, reason: { contribution: number }) => all + reason.contribution,
      explained.base,
    );
    expect(sum / explained.predicted_value).toBeCloseTo(1, 5);
  });

  test('segments hold all customers and all value; one of them is listed', async () => {
    const flags = ['--orders', orders, '--as-of', dateOf(DAYS)];
    const { tiers } = JSON.parse(await clv('segments', ...flags, '--json'));
    const sumOf = (name: string) =>
      tiers.reduce((all: number, tier: Record<string, number>) => all + (tier[name] ?? 0), 0);
    expect(sumOf('customers')).toBe(300);
    expect(sumOf('value_share')).toBeCloseTo(1, 9);
    expect(tiers[0]).toMatchObject({ tier: 'high' });
    expect(tiers[0].value_share).toBeGreaterThan(0.5);
    const out = file('high.csv');
    await clv('segments', ...flags, '--tier', 'high', '--out', out);
    const values = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[1]));
    expect(values).toHaveLength(tiers[0].customers);
    expect(values).toEqual(values.toSorted((one, other) => other - one));
  });

  test('its page draws the Lorenz curve, tenths and groups, and its features have digests', async () => {
    const [page, manifest] = await Promise.all(
      ['evaluation.html', 'manifest.json'].map((name) =>
        openObjectStore(resourceNamed('MODELS_BUCKET')).get(`clv/${version}/${name}`),
      ),
    );
    expect(Buffer.from(page ?? []).toString()).toMatch(
      /Lorenz curve[\s\S]*<svg[\s\S]*by tenth of the prediction[\s\S]*<svg[\s\S]*gini-over-past-spend[\s\S]*cohort/,
    );
    const { features } = JSON.parse(Buffer.from(manifest ?? []).toString());
    const digests = features.map(({ definition }: { definition: string }) => definition);
    expect(new Set(digests).size).toBe(features.length);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('trained again from the same files it is the same bytes, from others it is told what differs', async () => {
    const again = JSON.parse(
      await models('reproduce', 'clv', version, '--orders', orders, '--json'),
    );
    expect(again).toEqual({ version, reproduced: version, same: true, differences: [] });
    await expect(models('reproduce', 'clv', version)).rejects.toThrow(
      /learned from files: name them again, --orders transactions:file/,
    );
    await expect(models('reproduce', 'clv', version, '--orders', 'canonical')).rejects.toThrow(
      /learned from transactions/,
    );
  }, 30_000);

  test('compared with itself it differs by nothing, pair by pair', async () => {
    const { unpaired_because, metrics } = JSON.parse(
      await models('compare', 'clv', version, version, '--json'),
    );
    expect(unpaired_because).toBe(null);
    const paired = metrics.filter(({ difference }: { difference: unknown }) => difference !== null);
    expect(paired.map(({ metric }: { metric: string }) => metric)).toEqual(
      expect.arrayContaining(['gini', 'spearman', 'mae', 'total_bias']),
    );
    for (const { difference } of paired)
      expect(difference).toMatchObject({ value: 0, lower: 0, upper: 0 });
  });

  test('its lineage names orders, not a rule of sessions', async () => {
    const told = await models('lineage', 'clv', version);
    expect(told).toMatch(/received +the first order to 2020-10-27/);
    expect(told).toMatch(/orders = transactions/);
    expect(told).not.toContain('has-cart');
  });

  test.each([
    [['segments', '--tier', 'gold'], Usage, /--tier gold/],
    [['segments', '--out', 'x.csv'], Usage, /--tier/],
    [['segments', '--as-of', dateOf(DAYS - 1)], Usage, /learned from orders up to/],
    [['explain', 'nobody'], NotEnoughData, /nobody had bought nothing/],
    [['score', '--as-of', dateOf(DAYS), '--out', 'x.txt'], Usage, /\.csv or \.parquet/],
    [['score', '--as-of', 'today', '--out', 'x.csv'], Usage, /YYYY-MM-DD/],
    [['segments', '--model', '2020-01-01-000000000000'], ModelNotFound, /not registered/],
  ])('%j', async (words, error, message) => {
    const run = clv(...words, '--orders', orders);
    await expect(run).rejects.toThrow(error);
    await expect(run).rejects.toThrow(message);
  });
});

describe('orders that are not what they should be', () => {
  const train = (name: string, text: string, ...more: string[]) => {
    writeFileSync(file(name), text);
    return clv('train', '--orders', `transactions:${file(name)}`, '--json', ...more);
  };

  test('amounts with commas are read, dates in the future and cells that are none are counted', async () => {
    const printed = JSON.parse(
      await train(
        'odd.csv',
        'customer_id,date,amount\na,2020-01-01,"1,250.50"\na,2020-02-01,10\nb,2999-01-01,5\nb,2020-01-05,abc\n,2020-01-05,5\n',
      ),
    );
    expect(printed.orders).toMatchObject({
      purchases: 2,
      dropped: { date_in_the_future: 1, unreadable_amount: 1, no_customer: 1 },
    });
    expect(printed).toMatchObject({ champion: 'seasonal-bg-nbd', metrics: null });
  });

  test.each([
    [
      'two.csv',
      'customer_id,date,amount,currency\na,2020-01-01,5,GBP\nb,2020-01-02,5,EUR\n',
      UnreadableInput,
      /EUR and GBP/,
    ],
    ['none.csv', 'customer_id,date,amount\n', UnreadableInput, /no purchase/],
    ['other.csv', 'who,when\na,2020-01-01\n', UnreadableInput, /customer_id/],
  ])('%s: refused by name', async (name, text, error, message) => {
    const run = train(name, text);
    await expect(run).rejects.toThrow(error);
    await expect(run).rejects.toThrow(message);
  });

  test('a day before all orders: nothing to train on', async () => {
    await expect(
      train('early.csv', transactionsCsv(rows), '--as-of', '2019-01-01'),
    ).rejects.toThrow(NotEnoughData);
  });
});

describe('customers predicted by models of other customers', () => {
  const backtest = (...more: string[]) =>
    printedBy(
      [registerBacktest],
      ['backtest', 'clv', '--orders', orders, '--out', file('folds.csv'), '--json', ...more],
    );

  test('each customer is predicted once; the level is that of the others', async () => {
    const printed = JSON.parse(
      await backtest('--cutoff', dateOf(DAYS - 60), '--horizon-days', '60', '--folds', '3'),
    );
    const ids = readFileSync(file('folds.csv'), 'utf8').trim().split('\n').slice(1);
    const known = new Set(
      rows.filter(({ day }) => day < DAYS - 60).map(({ customer }) => customer),
    );
    expect(ids.map((line) => line.split(',')[0])).toEqual([...known].sort());
    expect(printed.metrics.customers).toBe(known.size);
    expect(Math.abs(printed.metrics.models.forests.total_bias.value)).toBeLessThan(0.2);
  }, 60_000);

  test.each([
    [['--cutoff', dateOf(DAYS - 10), '--horizon-days', '60', '--folds', '3'], NotEnoughData],
    [['--cutoff', dateOf(DAYS - 60), '--horizon-days', '60', '--folds', '1'], Usage],
  ])('%j', async (words, error) => {
    await expect(backtest(...words)).rejects.toThrow(error);
  });
});

describe('orders of the lake, with sessions and carts', () => {
  /** A view a day before each order; every other one puts something into the cart. */
  const events = rows.flatMap(({ customer, day, amount }, index) => {
    const event = (event_type: EnrichedEvent['event_type'], at: number, more = {}) =>
      enrichedEvent({ event_type, at, user_id: customer, session_id: `s${index}`, ...more });
    const at = Date.parse(dateOf(day)) + index;
    return [
      event('page_view', at),
      ...(index % 2 === 0 ? [event('add_to_cart', at + 1, { product_id: 'p' })] : []),
      event('purchase', at + 2, { product_id: 'p', price: amount, quantity: 1 }),
    ];
  });
  const flags = ['--orders', 'canonical', '--as-of', dateOf(DAYS)];
  let version = '';

  beforeAll(async () => {
    useEnvironment(readProjectWiring('dev'), join(folder, 'activity'));
    const lake = openLake();
    const byDay = Map.groupBy(events, ({ event_timestamp }) => event_timestamp.slice(0, 10));
    for (const [day, own] of byDay)
      await lake.put(
        `bronze/enriched_events/dt=${day}/events.jsonl`,
        Buffer.from(`${own.map((event) => JSON.stringify(event)).join('\n')}\n`),
      );
    const printed = JSON.parse(
      await clv('train', ...flags, '--horizon-days', '60', '--activity', '--json'),
    );
    version = printed.version;
    expect(printed.orders).toMatchObject({
      purchases: rows.filter(({ day }) => day < DAYS).length,
    });
  }, 60_000);

  test('are features of a customer', async () => {
    const last = rows.at(-1)?.customer as string;
    const recent = rows.filter(
      ({ customer, day }) => customer === last && day >= DAYS - 90 && day < DAYS,
    );
    const { reasons } = JSON.parse(
      await clv('explain', last, ...flags, '--model', version, '--json'),
    );
    const sessions = reasons.find(({ feature }: { feature: string }) => feature === 'sessions_90d');
    expect(sessions?.value).toBe(recent.length);
  });

  test('a model that knows them refuses orders without', async () => {
    const run = clv('segments', '--orders', orders, '--as-of', dateOf(DAYS), '--model', version);
    await expect(run).rejects.toThrow(/sessions and carts are in the lake/);
  });

  test('every customer is scored', async () => {
    const printed = JSON.parse(
      await clv('score', ...flags, '--out', file('lake.csv'), '--model', version, '--json'),
    );
    expect(printed.customers).toBe(300);
  });

  test('the weekly scoring gathers them, and publishes the same values', async () => {
    await models('promote', 'clv', version);
    const run = JSON.parse(await clv('publish', '--as-of', dateOf(DAYS), '--parts', '3', '--json'));
    expect(run).toMatchObject({ status: 'SUCCEEDED' });
    await clv('export', '--out', file('active'));
    const published = ['high', 'medium', 'low'].flatMap((tier) => listed('active', tier));
    const valuesById = new Map(published.map(([id, value]) => [id, Number(value)]));
    const scored = readFileSync(file('lake.csv'), 'utf8').trim().split('\n').slice(1);
    expect(valuesById.size).toBe(scored.length);
    for (const [id, value] of scored.map((line) => line.split(',')))
      expect(isAbout(value, valuesById.get(id) as number), id).toBe(true);
  }, 30_000);

  test('trained again from the lake it is the same bytes, whatever came in since', async () => {
    await openLake().put(
      'bronze/enriched_events/dt=2021-03-01/events.jsonl',
      Buffer.from(
        `${JSON.stringify(enrichedEvent({ event_type: 'purchase', at: Date.parse('2021-03-01'), user_id: 'c1', session_id: 'late', product_id: 'p', price: 5, quantity: 1 }))}\n`,
      ),
    );
    const again = JSON.parse(await models('reproduce', 'clv', version, '--json'));
    expect(again).toMatchObject({ same: true, differences: [] });
  }, 30_000);
});
