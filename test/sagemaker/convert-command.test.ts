import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { register } from '../../cli/trees.ts';
import { predictionsOf } from '../../shared/domain/sagemaker/artifact-parity.ts';
import { decimalText } from '../../shared/domain/sagemaker/decimal-text.ts';
import { trainForest } from '../../shared/trees/train.ts';
import { writeXgboostContainer } from '../../shared/trees/write-xgboost-container.ts';
import { writeXgboostUbjson } from '../../shared/trees/write-xgboost-ubjson.ts';
import { printedBy } from '../printed-by.ts';
import { trainingRows } from '../trees/training-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'foresight-convert-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

const { categorical: _, ...rows } = trainingRows(200);
const { forest } = await trainForest(rows, { objective: 'binary:logistic', trees: 5 });
const predictions = [...predictionsOf(forest, rows.columns)];
const lines = predictions.map((_, row) =>
  rows.columns
    .map((column) => column[row] as number)
    .map((value) => (Number.isNaN(value) ? '' : decimalText(value)))
    .join(','),
);
writeFileSync(file('model.tar.gz'), writeXgboostContainer(writeXgboostUbjson(forest)));
writeFileSync(file('rows.csv'), `${lines.join('\n')}\n`);
writeFileSync(file('joined.out'), predictions.map((each, row) => `id-${row},${each}\n`).join(''));
writeFileSync(file('others.out'), predictions.map((each) => `${each + 0.01}\n`).join(''));
writeFileSync(file('short.csv'), '1,2\n');

const convert = (out: string, ...words: string[]) =>
  printedBy([register], ['trees', 'convert', file('model.tar.gz'), file(out), ...words, '--json']);

test('an artifact is converted after its predictions were compared, and back', async () => {
  const checked = ['--rows', file('rows.csv'), '--predictions', file('joined.out')];
  expect(JSON.parse(await convert('model.json', ...checked))).toMatchObject({
    format: 'XGBoost JSON',
    trees: 5,
    parity: { rows: 200, difference: 0 },
  });
  expect(JSON.parse(await convert('again.tar.gz'))).toMatchObject({
    format: 'SageMaker container',
    parity: null,
  });
});

test.each([
  ['other predictions', ['--rows', 'rows.csv', '--predictions', 'others.out'], 'PredictionsDiffer'],
  ['other columns', ['--rows', 'short.csv', '--predictions', 'joined.out'], 'InvalidRequest'],
  ['predictions alone', ['--predictions', 'joined.out'], 'Usage'],
])('%s: refused, and nothing is written', async (_, words, name) => {
  const given = words.map((word) => (word.startsWith('--') ? word : file(word)));
  await expect(convert('refused.json', ...given)).rejects.toMatchObject({ name });
  expect(existsSync(file('refused.json'))).toBe(false);
});
