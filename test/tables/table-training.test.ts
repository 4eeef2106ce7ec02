import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stratifiedFolds } from '../../shared/domain/stratified-folds.ts';
import { chooseCalibration } from '../../shared/domain/table-calibration.ts';
import { type ReadColumn, tableInputs, tableValues } from '../../shared/domain/table-columns.ts';
import { derivedColumns, withDerived } from '../../shared/domain/table-derived-columns.ts';
import { evaluateTable } from '../../shared/domain/table-evaluation.ts';
import { checkLeaks } from '../../shared/domain/table-leaks.ts';
import { LeakedLabel, NotEnoughData } from '../../shared/errors.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';

describe('parts for cross-validation', () => {
  test('are of equal size and equal shares of both classes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 10, maxLength: 200 }),
        fc.integer({ min: 2, max: 10 }),
        fc.integer(),
        (bits, folds, seed) => {
          const labels = Uint8Array.from(bits);
          const part = stratifiedFolds(labels, null, folds, seededRandom(seed));
          const rows = new Array<number>(folds).fill(0);
          const positives = new Array<number>(folds).fill(0);
          for (const [row, fold] of part.entries()) {
            rows[fold] = (rows[fold] as number) + 1;
            positives[fold] = (positives[fold] as number) + (labels[row] as number);
          }
          expect(Math.max(...rows) - Math.min(...rows)).toBeLessThanOrEqual(1);
          expect(Math.max(...positives) - Math.min(...positives)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test('never divide a group', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 1 })), {
          minLength: 100,
          maxLength: 300,
        }),
        (rows) => {
          const groups = Int32Array.from(rows, ([group]) => group);
          const labels = Uint8Array.from(rows, ([, label]) => label);
          const part = stratifiedFolds(labels, groups, 5, seededRandom(1));
          const partOf = new Map(Array.from(groups, (group, row) => [group, part[row]]));
          expect([...groups].map((group) => partOf.get(group))).toEqual([...part]);
        },
      ),
    );
  });

  test('need as many groups', () => {
    const rows = { labels: new Uint8Array(9), groups: new Int32Array(9) };
    expect(() => stratifiedFolds(rows.labels, rows.groups, 3, seededRandom(1))).toThrow(
      NotEnoughData,
    );
  });
});

describe('columns of a table', () => {
  const texts = (name: string, ...parts: readonly (readonly [string | null, number])[]) => ({
    name,
    texts: parts.flatMap(([text, count]) => new Array<string | null>(count).fill(text)),
  });
  const numbers = (name: string, ...values: number[]): ReadColumn => ({
    name,
    numbers: Float32Array.from(values),
  });

  test('rare texts, names and constants teach nothing, and are told', () => {
    const { used, unused } = tableInputs([
      texts('device', ['phone', 20], ['desk', 15], ['fridge', 3], [null, 2]),
      { name: 'id', texts: Array.from({ length: 40 }, (_, row) => `id ${row}`) },
      numbers('same', ...new Array<number>(40).fill(7)),
      numbers('empty', ...new Array<number>(40).fill(Number.NaN)),
      numbers('views', ...Array.from({ length: 40 }, (_, row) => row)),
    ]);
    expect(used).toEqual([
      { name: 'device', categories: ['desk', 'phone'] },
      { name: 'views', categories: null },
    ]);
    expect(unused.map(({ name }) => name)).toEqual(['id', 'same', 'empty']);
  });

  test('a number that is sometimes 0 and else missing is no constant', () => {
    const { used } = tableInputs([numbers('gaps', 0, Number.NaN, 0)]);
    expect(used).toHaveLength(1);
  });

  test('counts have a total, shares of it are cases, and an amount is spread over its count', () => {
    const columns = [
      numbers('exit_rate', 0.5, 0, Number.NaN, 1),
      numbers('products', 4, 0, 7, 2),
      numbers('help', 1, 2, 0, 0),
      numbers('seconds', 0.5, 0, 3, 1),
      numbers('weekend', 0, 1, 0, 1),
      numbers('region', 1, 2, 3, 9),
    ];
    const derived = derivedColumns(columns);
    expect(withDerived(columns, derived).slice(columns.length)).toEqual([
      numbers('total of 2 counts', 5, 2, 7, 2),
      numbers('exit_rate × total of 2 counts', 2.5, 0, Number.NaN, 2),
      numbers('seconds / products', 0.125, Number.NaN, Math.fround(3 / 7), 0.5),
    ]);
  });

  test('of one count there is no second total', () => {
    const columns = [numbers('exit_rate', 0.5, 0, 1), numbers('pages', 4, 0, 7)];
    expect(derivedColumns(columns).map(({ name }) => name)).toEqual(['exit_rate × pages']);
  });

  test.each<[string, ReadColumn]>([
    ['a number above a bound', numbers('paid', 3, 1, 2, 0)],
    ['a number below one', numbers('unpaid', 0, 2, 1, 3)],
    ['a text of each label', texts('state', ['paid', 1], ['open', 2], ['paid', 0])],
  ])('%s that tells every label is a leak', (_, column) => {
    const labels = Uint8Array.from('texts' in column ? [1, 0, 0] : [1, 0, 0, 0]);
    const input = { name: column.name, categories: 'texts' in column ? ['open', 'paid'] : null };
    const { values } = tableValues([input], [column]);
    expect(() => checkLeaks([input], values, labels)).toThrow(new RegExp(`^${column.name}: `));
    expect(() => checkLeaks([input], values, labels)).toThrow(LeakedLabel);
  });

  test('an unknown text is missing and counted', () => {
    const inputs = [{ name: 'device', categories: ['desk', 'phone'] }];
    const read = [texts('device', ['phone', 1], ['watch', 2], ['', 1], [null, 1], ['desk', 1])];
    const { values, unknown } = tableValues(inputs, read);
    expect([...(values[0] ?? [])]).toEqual([1, Number.NaN, Number.NaN, Number.NaN, Number.NaN, 0]);
    expect(unknown).toEqual({ device: 2 });
  });
});

describe('the calibration is chosen by what it measures', () => {
  const random = seededRandom(5);
  const truth = Float64Array.from({ length: 4000 }, () => 6 * random() - 3);
  const labels = Uint8Array.from(truth, (margin) => Number(random() < sigmoid(margin)));
  const part = Uint8Array.from(truth, (_, row) => row % 5);

  test.each([
    ['none', 'calibrated already', (margin: number) => margin],
    ['platt', 'too sure and shifted', (margin: number) => 3 * margin + 2],
    ['isotonic', 'bent', (margin: number) => Math.sign(margin) * margin ** 4],
  ])('%s where margins are %s', (kind, _, bent) => {
    const chosen = chooseCalibration(truth.map(bent), labels, part, 5);
    expect(chosen.kind).toBe(kind);
    for (const margin of [-2, -1, 1, 2])
      expect(Math.abs(chosen.probability(bent(margin)) - sigmoid(margin))).toBeLessThan(0.06);
    expect(chosen.probability(1e6)).toBeLessThanOrEqual(1);
  });
});

test('an interval over groups is wider than over rows that repeat one another', () => {
  const random = seededRandom(2);
  const each = Array.from({ length: 150 }, () => ({
    label: Number(random() < 0.4),
    score: random(),
  }));
  const rows = each.flatMap((row) => new Array<(typeof each)[0]>(8).fill(row));
  const labels = Uint8Array.from(rows, ({ label }) => label);
  const predictions = { trees: Float64Array.from(rows, ({ score }) => score) };
  const width = (groups: Int32Array | null) => {
    const auc = evaluateTable(predictions, labels, groups, 1)['trees']?.['auc'];
    return (auc?.upper as number) - (auc?.lower as number);
  };
  const groups = Int32Array.from(rows, (_, row) => Math.floor(row / 8));
  expect(width(groups)).toBeGreaterThan(2 * width(null));
});
