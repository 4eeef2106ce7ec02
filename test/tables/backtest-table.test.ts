import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register } from '../../cli/backtest.ts';
import { LeakedLabel, NotEnoughData, UnreadableInput, Usage } from '../../shared/errors.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { printedBy } from '../printed-by.ts';

const folder = mkdtempSync(join(tmpdir(), 'tables-'));
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/** What the command printed, in this process. */
const foresight = (...words: string[]) => printedBy([register], ['backtest', 'table', ...words]);

const HEADER = 'id,shopper,views,cart_value,device,weekend,bought';

/** Sessions whose chance of buying peaks at 15 views: what a linear model cannot say. */
function sessions(count: number, seed: number): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, row) => {
    const views = Math.floor(random() * 30);
    const cart = random() < 0.4 ? null : Math.round(random() * 20_000) / 100;
    const device = ['desktop', 'mobile', 'tablet', ''][Math.floor(random() * 4)] as string;
    const weekend = random() < 0.3;
    const margin =
      2 -
      Math.abs(views - 15) / 3 +
      (cart ?? 0) / 60 +
      Number(device === 'desktop') -
      Number(weekend);
    const bought = random() < sigmoid(margin) ? 'TRUE' : 'FALSE';
    return `s${row},u${row % 200},${views},${cart ?? ''},${device},${weekend},${bought}`;
  });
}

function write(name: string, lines: readonly string[], header = HEADER): string {
  writeFileSync(file(name), `${[header, ...lines].join('\n')}\n`);
  return file(name);
}

const without = (lines: readonly string[], column: number) =>
  lines.map((line) => line.split(',').toSpliced(column, 1).join(','));

const LABEL = HEADER.split(',').indexOf('bought');
const train = sessions(900, 1);
const later = sessions(1500, 2);
const files: string[] = [];
beforeAll(() => {
  files.push('--train', write('train.csv', train), '--test', write('later.csv', later));
  write('unlabelled.csv', without(later, LABEL), HEADER.replace(',bought', ''));
});

const run = (out: string, ...more: string[]) =>
  foresight(
    ...files,
    ...['--label', 'bought', '--trials', '3', '--group', 'shopper', '--out', file(out), '--json'],
    ...more,
  );
const contents = (name: string) => readFileSync(file(name), 'utf8');

test('predicts every row of the test file, calibrated and better than the baseline', async () => {
  const told = JSON.parse(await run('one.csv', '--trials-out', file('trials.json')));
  const [header, ...lines] = contents('one.csv').trimEnd().split('\n');
  expect(header).toBe('source_row,score');
  expect(lines.map((line) => Number(line.split(',')[0]))).toEqual(
    Array.from({ length: 1500 }, (_, row) => row + 1),
  );
  const scores = lines.map((line) => Number(line.split(',')[1]));
  expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
  expect(told.metrics.trees.auc_gain_over_logistic.lower).toBeGreaterThan(0);
  expect(told.metrics.trees.ece.value).toBeLessThan(0.05);
  expect(told.train.columns).toEqual(['views', 'cart_value', 'device', 'weekend']);
  expect(told.train.unused).toEqual([{ name: 'id', why: 'no text in ten rows or more' }]);

  const trials = JSON.parse(contents('trials.json'));
  expect(trials).toHaveLength(3);
  for (const { parameters, loss, parts } of trials) {
    expect(parameters.maxLeaves).toBeGreaterThan(0);
    expect(loss).toBeGreaterThan(0);
    expect(parts[0].curve.at(-1).validationLoss).toBeGreaterThan(0);
    expect(parts[0].curve.length).toBeLessThanOrEqual(41);
  }
}, 60_000);

test('the same seed gives the same bytes with any number of threads, labels of the test or none', async () => {
  await run('one.csv');
  const told = await run('other.csv', '--threads', '2', '--test', file('unlabelled.csv'));
  expect(JSON.parse(told).metrics).toBeNull();
  expect(contents('other.csv')).toBe(contents('one.csv'));
  await run('seed.csv', '--seed', '2', '--trials', '1');
  expect(contents('seed.csv')).not.toBe(contents('one.csv'));
}, 60_000);

test('an unknown text counts as missing and is told', async () => {
  write(
    'fridges.csv',
    sessions(60, 3).map((line) => line.replace('mobile', 'fridge')),
  );
  const told = JSON.parse(
    await run('fridges-out.csv', '--test', file('fridges.csv'), '--trials', '1'),
  );
  expect(told.test.unknown_texts.device).toBeGreaterThan(5);
}, 60_000);

describe('a table of clicks', () => {
  const CLICKS = 'session_id,page,seconds,bought';
  /** Who looks at the cart last buys most often: a matter of order, not of counts. */
  function clicks(count: number, seed: number): string[] {
    const random = seededRandom(seed);
    return Array.from({ length: count }, (_, session) => {
      const pages = ['cart', 'list', 'item'].sort(() => random() - 0.5);
      const bought = Number(random() < (pages[2] === 'cart' ? 0.8 : 0.1));
      return pages.map((page, place) => `${session},${page},${place * 7 * random()},${bought}`);
    }).flat();
  }
  const flags = () => [
    ...['--train', write('clicks.csv', clicks(500, 1), CLICKS)],
    ...['--test', write('later-clicks.csv', clicks(300, 2), CLICKS)],
    ...['--label', 'bought', '--trials', '1', '--json'],
  ];

  test('is one example a session, and every row has the score of its session', async () => {
    const told = JSON.parse(await foresight(...flags(), '--out', file('clicks-out.csv')));
    expect(told.train).toMatchObject({
      rows: 1500,
      sessions: { column: 'session_id', count: 500 },
    });
    expect(told.test).toMatchObject({ rows: 900, measured: 300 });
    expect(told.metrics.trees.auc.value).toBeGreaterThan(0.8);
    const [, ...lines] = contents('clicks-out.csv').trimEnd().split('\n');
    expect(lines).toHaveLength(900);
    const scores = lines.map((line) => line.split(',')[1]);
    expect(scores.every((score, row) => score === scores[row - (row % 3)])).toBe(true);
  }, 60_000);

  test('is one of rows where that is asked', async () => {
    const told = JSON.parse(
      await foresight(...flags(), '--no-session', '--out', file('rows-out.csv')),
    );
    expect(told.train.sessions).toBeNull();
    expect(told.test.measured).toBe(900);
  }, 60_000);
});

describe('refuses', () => {
  const relabelled = (label: (row: number) => string) =>
    train.map((line, row) => line.replace(/[^,]*$/, label(row)));

  test.each<[string, () => readonly string[], new (message: string) => Error, RegExp]>([
    [
      'a label of three values',
      () => [
        '--train',
        write(
          'three.csv',
          relabelled((row) => `${row % 3}`),
        ),
      ],
      UnreadableInput,
      /three\.csv: the label bought is not binary, it holds 2; use 0 and 1/,
    ],
    [
      'a label of texts',
      () => [
        '--train',
        write(
          'texts.csv',
          relabelled((row) => ['yes', 'no'][row % 2] as string),
        ),
      ],
      UnreadableInput,
      /not binary, it holds no, yes/,
    ],
    [
      'a label that is missing in a row',
      () => [
        '--train',
        write(
          'gap.csv',
          relabelled((row) => (row === 4 ? '' : `${row % 2}`)),
        ),
      ],
      UnreadableInput,
      /gap\.csv, row 5 .*the label bought is missing/,
    ],
    [
      'one class',
      () => [
        '--train',
        write(
          'one-class.csv',
          relabelled(() => '1'),
        ),
      ],
      NotEnoughData,
      /900 rows, 900 of them with label 1: training needs at least 20 rows of each class/,
    ],
    [
      'twelve rows',
      () => ['--train', write('twelve.csv', train.slice(0, 12))],
      NotEnoughData,
      /12 rows/,
    ],
    [
      'three groups',
      () => [
        '--train',
        write(
          'groups.csv',
          train.map((line, row) => line.replace(/,u\d+,/, `,u${row % 3},`)),
        ),
      ],
      NotEnoughData,
      /3 groups/,
    ],
    [
      'a test file without a column',
      () => ['--test', write('narrow.csv', without(later, 2), HEADER.replace('views,', ''))],
      UnreadableInput,
      /narrow\.csv has no column views/,
    ],
    [
      'a session of two labels',
      () => ['--session', 'shopper'],
      UnreadableInput,
      /row 1 .*the rows of its shopper have different labels/,
    ],
    [
      'a column that is the label',
      () => {
        const header = `${HEADER},paid`;
        const leak = (lines: readonly string[]) =>
          lines.map((line) => `${line},${line.split(',').at(-1)}`);
        return [
          ...['--train', write('leak.csv', leak(train), header)],
          ...['--test', write('leak-later.csv', leak(later), header)],
        ];
      },
      LeakedLabel,
      /^paid: the label of every row can be told from the column alone/,
    ],
    ['an absent label', () => ['--label', 'paid'], UnreadableInput, /no column paid/],
    ['an absent column to drop', () => ['--drop', 'mood'], UnreadableInput, /no column mood/],
    ['the label among the dropped', () => ['--drop', 'bought'], Usage, /bought is the label/],
    [
      'a table with every column dropped',
      () => ['--drop', 'id,views,cart_value,device,weekend'],
      Usage,
      /--drop leaves no column/,
    ],
    [
      'columns that say nothing',
      () => ['--drop', 'views,cart_value,device,weekend'],
      NotEnoughData,
      /no column to learn from: id/,
    ],
    ['a budget of no trials', () => ['--trials', '0'], Usage, /--trials 0/],
    ['a budget of no time', () => ['--minutes', '0'], Usage, /--minutes 0/],
    ['a seed that is none', () => ['--seed', 'x'], Usage, /--seed x/],
  ])('%s', async (_, words, kind, message) => {
    const refusal = run('refused.csv', ...words());
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toThrow(kind);
  });
});
