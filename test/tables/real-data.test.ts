import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { register } from '../../cli/backtest.ts';
import { printedBy } from '../printed-by.ts';

const folder = mkdtempSync(join(tmpdir(), 'tables-'));
afterAll(() => rmSync(folder, { recursive: true }));
const SESSIONS = join(
  import.meta.dirname,
  '../../../shared/data/online-shoppers-intention/online_shoppers_intention.csv.gz',
);

describe.skipIf(!existsSync(SESSIONS))('online-shoppers-intention, one fifth as test', () => {
  test('is ranked and calibrated without the column that knows most', async () => {
    const [header, ...lines] = gunzipSync(readFileSync(SESSIONS)).toString().trimEnd().split('\n');
    const write = (name: string, part: readonly string[]) => {
      writeFileSync(join(folder, name), `${[header, ...part].join('\n')}\n`);
      return join(folder, name);
    };
    const train = write(
      'train.csv',
      lines.filter((_line, row) => row % 5 > 0),
    );
    const later = write(
      'test.csv',
      lines.filter((_line, row) => row % 5 === 0),
    );
    const printed = await printedBy(
      [register],
      [
        ...['backtest', 'table', '--label', 'Revenue', '--drop', 'PageValues'],
        ...['--trials', '1', '--json', '--train', train, '--test', later],
        ...['--out', join(folder, 'predictions.csv')],
      ],
    );
    const { trees } = JSON.parse(printed).metrics;
    expect(trees.auc.value).toBeGreaterThan(0.76);
    expect(trees.auc_gain_over_logistic.lower).toBeGreaterThan(0);
    expect(trees.ece.value).toBeLessThan(0.03);
  }, 60_000);
});
