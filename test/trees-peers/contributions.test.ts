import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readForest } from '../../shared/trees/read-forest.ts';
import { compileExplainer } from '../../shared/trees/tree-shap.ts';
import { FIXTURES, referenceModels } from '../trees/reference-models.ts';

const ROWS = 300;
const PYTHON = join(import.meta.dirname, '..', '..', '.venv', 'trees', 'bin', 'python');

/** XGBoost sums contributions in float32, over many paths; LightGBM in float64. */
const BOUND = { xgboost: 3e-5, lightgbm: 1e-9 };

test.each([
  'xgboost-logistic',
  'xgboost-categorical',
  'xgboost-squared-error',
  'xgboost-leaf-wise',
  'lightgbm-binary',
  'lightgbm-categorical',
  'lightgbm-zero-as-missing',
  'lightgbm-no-missing',
  'lightgbm-many-leaves',
])("%s: the library's contributions", (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'trees-peers-'));
  const python = (script: string, ...words: string[]) =>
    execFileSync(PYTHON, ['-W', 'ignore', join(FIXTURES, script), folder, ...words], {
      stdio: 'ignore',
    });
  try {
    python('reference.py', String(ROWS), name);
    python('contributions.py');
    const bytes = Uint8Array.from(readFileSync(join(folder, `${name}.contributions`)));
    const expected = new Float64Array(bytes.buffer);
    for (const { features, count, files, rows } of referenceModels(folder)) {
      const explainer = compileExplainer(readForest(files[0]?.bytes as Buffer));
      const got = new Float64Array(count * features);
      explainer.batch(rows, count, got);
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      const bound = BOUND[name.startsWith('xgboost') ? 'xgboost' : 'lightgbm'] * largest;
      for (let row = 0; row < count; row++) {
        const own = [...got.subarray(row * features, (row + 1) * features), explainer.bias];
        const theirs = expected.subarray(row * (features + 1), (row + 1) * (features + 1));
        for (const [column, value] of own.entries()) {
          const distance = Math.abs(value - (theirs[column] as number));
          expect(distance, `row ${row}, column ${column}`).toBeLessThan(bound);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
