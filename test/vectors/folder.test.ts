import { expect, test } from 'vitest';
import { IMPLEMENTED } from './implemented.ts';
import { boundsOf, vectorFiles, vectorsAbsent, vectorsFolder } from './vector-file.ts';

test.skipIf(vectorsAbsent)('the folder holds every file that is checked', () => {
  const present = vectorFiles();
  const open = present.filter((file) => !IMPLEMENTED.includes(file));
  process.stdout.write(
    `${vectorsFolder}: ${IMPLEMENTED.length} files are checked; not implemented yet: ${open.join(', ') || 'none'}\n`,
  );
  expect(present).toEqual(expect.arrayContaining([...IMPLEMENTED]));
});

test.each([
  [{ abs: 1e-9 }, ['auc'], { abs: 1e-9, rel: 0 }],
  [{ rel: 1e-8, abs: 1e-9 }, ['clv'], { abs: 1e-9, rel: 1e-8 }],
  [{ abs: 1e-9, slope: 1e-7 }, ['fit', 'slope'], { abs: 1e-7, rel: 1e-7 }],
  [{ abs: 1e-9, fit: 1e-7 }, ['fit', 'slope'], { abs: 1e-7, rel: 1e-7 }],
  [{ fit_rel: 1e-4 }, ['fit', 'r'], { abs: 0, rel: 1e-4 }],
  [{ margin: 1e-12, marginFloat: 1e-5 }, ['marginFloat32'], { abs: 1e-5, rel: 1e-5 }],
])('the tolerance %j gives %j the bounds %j', (tolerance, path, bounds) => {
  expect(boundsOf(tolerance, path)).toEqual(bounds);
});
