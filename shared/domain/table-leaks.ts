import { LeakedLabel } from '../errors.ts';
import { rocAuc } from '../math/roc-auc.ts';
import type { TableInput, TableValues } from './table-columns.ts';

/**
 * A table whose label one column tells in every row is no test of a model: the column is the label,
 * or was written after it.
 * @throws LeakedLabel naming every such column
 */
export function checkLeaks(
  inputs: readonly TableInput[],
  values: TableValues,
  labels: Uint8Array,
): void {
  const leaked = inputs.filter(({ categories }, index) => {
    const column = values[index] as Float32Array;
    return categories === null ? isSeparated(column, labels) : isDecided(column, labels);
  });
  if (leaked.length > 0)
    throw new LeakedLabel(
      `${leaked.map(({ name }) => name).join(', ')}: the label of every row can be told from the column alone, so it is the label or known only after it; leave it out with --drop`,
    );
}

/** One number parts the labels; a row in which it is missing stands with those below. */
function isSeparated(column: Float32Array, labels: Uint8Array): boolean {
  const scores = column.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value));
  const auc = rocAuc(scores, labels);
  return auc === 0 || auc === 1;
}

/** Every category, missing among them, has rows of one label alone. */
function isDecided(column: Float32Array, labels: Uint8Array): boolean {
  const labelOf = new Map<number, number>();
  return column.every((category, row) => {
    const label = labels[row] as number;
    const first = labelOf.get(category) ?? label;
    labelOf.set(category, first);
    return first === label;
  });
}
