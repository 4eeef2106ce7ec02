import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCompact, writeCompact } from '../../shared/trees/compact-forest.ts';
import { compileForest } from '../../shared/trees/evaluate.ts';
import { inverseLink } from '../../shared/trees/objective.ts';
import { readForest } from '../../shared/trees/read-forest.ts';
import { FIXTURES, referenceModels } from '../trees/reference-models.ts';

/** A million is what was claimed; fewer say the same sooner. */
const ROWS = Number(process.env['MARGIN_ROWS'] ?? 1_000_000);
const PYTHON = join(import.meta.dirname, '..', '..', '.venv', 'trees', 'bin', 'python');
const SCRIPT = join(FIXTURES, 'reference.py');
const names = JSON.parse(
  execFileSync(PYTHON, [SCRIPT, '--list'], { encoding: 'utf8' }),
) as string[];

test.each(names)(`%s: ${ROWS.toLocaleString('en-GB')} margins to the bit`, (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'trees-peers-'));
  try {
    execFileSync(PYTHON, [SCRIPT, folder, String(ROWS), name], { stdio: 'ignore' });
    for (const { count, files, rows, margins, predictions } of referenceModels(folder)) {
      expect(count).toBe(ROWS);
      for (const { format, bytes } of files) {
        const forest = readForest(bytes);
        const got = new Float64Array(count);
        compileForest(readCompact(writeCompact(forest))).margins(rows, count, got);
        const wrong = got.findIndex((margin, row) => margin !== margins[row]);
        expect({ format, wrong }).toEqual({ format, wrong: -1 });
        expect(greatestDistance(got.map(inverseLink(forest.objective)), predictions)).toBeLessThan(
          3e-7,
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Relative, or absolute below 0.01: XGBoost computes predictions in float32. */
function greatestDistance(got: Float64Array, expected: Float64Array): number {
  let greatest = 0;
  for (const [row, value] of got.entries()) {
    const right = expected[row] as number;
    greatest = Math.max(greatest, Math.abs(value - right) / Math.max(0.01, Math.abs(right)));
  }
  return greatest;
}
