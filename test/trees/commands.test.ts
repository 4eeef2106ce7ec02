import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { register } from '../../cli/trees.ts';
import { openTable } from '../../local/read-table.ts';
import { UnreadableInput, UnusableModel, Usage } from '../../shared/errors.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { printedBy } from '../printed-by.ts';

const folder = mkdtempSync(join(tmpdir(), 'trees-'));
const file = (name: string) => join(folder, name);

/** What a command printed on stdout, in this process. */
async function foresight(...words: string[]): Promise<string> {
  const silent = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    return await printedBy([register], ['trees', ...words]);
  } finally {
    silent.mockRestore();
  }
}

const json = async (...words: string[]) => JSON.parse(await foresight(...words, '--json'));

/** Sessions whose chance of buying rises with the cart and depends on the device. */
function writeSessions(name: string, count: number, seed: number): void {
  const random = seededRandom(seed);
  const lines = Array.from({ length: count }, (_, row) => {
    const views = 1 + Math.floor(random() * 30);
    const cart = random() < 0.4 ? null : Math.round(random() * 20_000) / 100;
    const device = ['desktop', 'mobile', 'tablet', ''][Math.floor(random() * 4)] as string;
    const margin = 0.06 * views + (cart ?? 0) / 40 + (device === 'desktop' ? 1 : 0) - 3.5;
    const bought = random() < sigmoid(margin) ? 1 : 0;
    return `"s, ${row}",${views},${cart ?? ''},${device},${bought}\n`;
  });
  writeFileSync(file(name), `session,views,cart_value,device,bought\n${lines.join('')}`);
}

const TRAIN = ['--label', 'bought', '--ignore', 'session', '--categorical', 'device'];

beforeAll(async () => {
  writeSessions('train.csv', 6000, 1);
  writeSessions('later.csv', 5000, 2);
  await foresight(
    'train',
    file('train.csv'),
    ...TRAIN,
    ...['--monotone', 'cart_value:1', '--trees', '25', '--max-depth', '4'],
    ...['--validation', file('later.csv'), '--out', file('model.json')],
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

async function numbersOf(name: string, columns: readonly string[], texts: readonly string[] = []) {
  const table = await openTable(file(name));
  const rows: number[][] = [];
  const kept: (string | null)[] = [];
  const read = columns.map((column) => ({ name: column }));
  for await (const { count, numbers, texts: part } of table.rows(read, texts)) {
    for (let row = 0; row < count; row++)
      rows.push([...numbers.subarray(row * columns.length, (row + 1) * columns.length)]);
    kept.push(...(part[0] ?? []));
  }
  table.close();
  return { rows, kept };
}

describe('foresight trees', () => {
  test('a trained model knows its features, its categories and what it was told', async () => {
    const model = await json('inspect', file('model.json'));
    expect(model).toMatchObject({
      objective: 'binary:logistic',
      rules: 'xgboost',
      trees: 25,
      features: 3,
      depth: 4,
    });
    expect(model.leaves).toBe(model.splits + model.trees);
    expect(model.importance[0].feature).toBe('cart_value');
    expect(JSON.parse(readFileSync(file('model.json.categories.json'), 'utf8'))).toEqual({
      device: ['desktop', 'mobile', 'tablet'],
    });
    expect(await foresight('inspect', file('model.json'))).toMatch(/cart_value +\d/);
  });

  test('predictions rank the buyers of rows the model has not seen, in the order of the file', async () => {
    const summary = await json(
      ...['predict', file('model.json'), file('later.csv'), '--keep', 'session,bought'],
      ...['--out', file('predicted.csv')],
    );
    expect(summary).toMatchObject({ rows: 5000, unknown_categories: {} });
    const columns = ['bought', 'margin', 'prediction'];
    const { rows, kept } = await numbersOf('predicted.csv', columns, ['session']);
    expect(kept).toEqual(Array.from({ length: 5000 }, (_, row) => `s, ${row}`));
    for (const [, margin, prediction] of rows)
      expect(prediction).toBeCloseTo(sigmoid(margin as number), 12);
    const [labels, margins] = [0, 1].map((place) => rows.map((row) => row[place] as number));
    expect(rocAuc(margins as number[], labels as number[])).toBeGreaterThan(0.8);
  });

  test('contributions and bias are the margin, and their means the importance', async () => {
    const explained = await json(
      ...['explain', file('model.json'), file('later.csv'), '--out', file('explained.parquet')],
      ...['--row', '3000'],
    );
    const columns = ['views', 'cart_value', 'device', 'bias', 'margin'];
    const { rows } = await numbersOf('explained.parquet', columns);
    await json('predict', file('model.json'), file('later.csv'), '--out', file('margins.csv'));
    const { rows: predicted } = await numbersOf('margins.csv', ['margin']);
    expect(rows).toHaveLength(5000);
    for (const [row, [views, cart, device, bias, margin]] of (rows as Five[]).entries()) {
      expect(views + cart + device + bias).toBeCloseTo(margin, 10);
      expect(margin).toBeCloseTo(predicted[row]?.[0] as number, 4);
    }
    for (const { feature, mean_absolute } of explained.importance) {
      const column = columns.indexOf(feature);
      const mean = rows.reduce((sum, row) => sum + Math.abs(row[column] as number), 0) / 5000;
      expect(mean_absolute).toBeCloseTo(mean, 10);
    }
    const shown = Object.fromEntries(
      explained.row.contributions.map((one: { feature: string; contribution: number }) => [
        one.feature,
        one.contribution,
      ]),
    );
    expect(columns.slice(0, 3).map((feature) => shown[feature])).toEqual(rows[2999]?.slice(0, 3));
  });

  test('a converted model predicts the same', async () => {
    await foresight('convert', file('model.json'), file('model.forest'));
    await foresight('convert', file('model.forest'), file('back.json'));
    const categories = ['--categories', file('model.json.categories.json')];
    const outputs = [];
    for (const model of ['model.json', 'model.forest', 'back.json']) {
      const out = file(`${model}.csv`);
      await foresight('predict', file(model), file('later.csv'), ...categories, '--out', out);
      outputs.push(readFileSync(out, 'utf8'));
    }
    expect(new Set(outputs).size).toBe(1);
  });

  test('a Parquet file is read as the CSV file it was made of', async () => {
    const keep = ['--keep', 'views,cart_value,device,bought'];
    const model = file('model.json');
    const predict = (input: string, out: string) =>
      foresight('predict', model, file(input), ...keep, '--out', file(out));
    await predict('later.csv', 'later.parquet');
    await predict('later.csv', 'from-csv.csv');
    await predict('later.parquet', 'from-parquet.csv');
    expect(readFileSync(file('from-parquet.csv'), 'utf8')).toBe(
      readFileSync(file('from-csv.csv'), 'utf8'),
    );
  });

  test('a text that is no known category counts as missing and is counted', async () => {
    writeFileSync(file('odd.csv'), 'device,cart_value,views\nwatch,12.5,3\n,12.5,3\nmobile,NaN,\n');
    const [strange, missing] = await predictions('odd.csv');
    expect(strange).toBe(missing);
    const model = file('model.json');
    const summary = await json('predict', model, file('odd.csv'), '--out', file('o.csv'));
    expect(summary.unknown_categories).toEqual({ device: 1 });
  });

  test.each([
    ['a,b\n1,2\n', /odd.csv has no column views: it has a, b/],
    ['views,cart_value,device\n1,2,mobile\n1,many,mobile\n', /row 2 .*cart_value: "many" is no/],
    ['views,cart_value,device\n1,2,mobile\n1,2,mobile,5\n', /odd.csv.* Line: 3/],
    ['views,views\n1,2\n', /odd.csv has two columns views/],
    ['', /odd.csv has no header/],
  ])('the file %j is refused with the place', async (content, message) => {
    writeFileSync(file('odd.csv'), content);
    const out = file('never.csv');
    const predicted = foresight('predict', file('model.json'), file('odd.csv'), '--out', out);
    const error = await predicted.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UnreadableInput);
    expect((error as Error).message).toMatch(message);
    expect([out, `${out}.unfinished`].some((path) => existsSync(path))).toBe(false);
  });

  test.each([
    [['predict', 'GONE', 'later.csv'], UnreadableInput, /cannot read .*GONE/],
    [['predict', 'later.csv', 'later.csv'], UnusableModel, /later.csv: /],
    [['predict', 'model.json', 'later.txt'], Usage, /\.csv, \.csv\.gz or \.parquet/],
    [['predict', 'model.json', 'later.csv', '--out', 'o.xls'], Usage, /\.csv or \.parquet/],
    [['explain', 'model.json', 'later.csv', '--row', '0'], Usage, /--row 0/],
    [['explain', 'model.json', 'later.csv', '--row', '5001'], Usage, /has 5000 rows/],
    [['convert', 'model.json', 'model.txt'], Usage, /\.json .*\.forest/],
    [['train', 'train.csv', '--label', 'bought', '--out', 'm.txt'], Usage, /\.forest/],
    [['train', 'train.csv', '--label', 'bought', '--out', 'm.json'], UnreadableInput, /session/],
    [['train', 'train.csv', ...TRAIN, '--trees', 'x', '--out', 'm.json'], Usage, /--trees x/],
    [['train', 'train.csv', ...TRAIN, '--max-depth', '0', '--out', 'm.json'], Usage, /maxDepth/],
    [['train', 'train.csv', ...TRAIN, '--monotone', 'x:1', '--out', 'm.json'], Usage, /x:1/],
  ])('%j is refused', async (words, kind, message) => {
    const paths = words.map((word) => (/\.|GONE/.test(word) ? file(word) : word));
    const error = await foresight(...paths).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(message);
  });
});

type Five = [number, number, number, number, number];

async function predictions(name: string): Promise<(string | undefined)[]> {
  const printed = await foresight('predict', file('model.json'), file(name));
  return printed
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[1]);
}
