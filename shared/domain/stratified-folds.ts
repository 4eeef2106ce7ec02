import { NotEnoughData } from '../errors.ts';

/**
 * Parts for cross-validation of about equal size and equal shares of both classes. Rows of one group
 * are all in one part. Groups are dealt in random order, those with the most rows of label 1 first,
 * each to the part that has the fewest of those, then the fewest rows.
 *
 * @param labels 0 or 1
 * @param groups by row, 0 … groups − 1; null where every row is a group of its own
 * @param folds number of parts, 2 … 255
 * @param random uniform in [0, 1)
 * @returns part of each row, 0 … folds − 1
 * @throws NotEnoughData for fewer groups than parts
 */
export function stratifiedFolds(
  labels: Uint8Array,
  groups: Int32Array | null,
  folds: number,
  random: () => number,
): Uint8Array {
  const groupOf = groups ?? Int32Array.from(labels, (_, row) => row);
  const sizes = new Map<number, { rows: number; positives: number; place: number }>();
  for (const [row, group] of groupOf.entries()) {
    const size = sizes.get(group) ?? { rows: 0, positives: 0, place: random() };
    size.rows++;
    size.positives += labels[row] as number;
    sizes.set(group, size);
  }
  if (sizes.size < folds)
    throw new NotEnoughData(
      `${sizes.size} groups of rows: cross-validation needs at least ${folds}`,
    );
  const order = [...sizes].sort(
    ([, a], [, b]) => b.positives - a.positives || b.rows - a.rows || a.place - b.place,
  );
  const parts = Array.from({ length: folds }, () => ({ rows: 0, positives: 0 }));
  const partOf = new Map<number, number>();
  for (const [group, { rows, positives }] of order) {
    const weigh = (part: { rows: number; positives: number }) =>
      (positives > 0 ? part.positives * labels.length : 0) + part.rows;
    let least = 0;
    for (let part = 1; part < folds; part++)
      if (weigh(parts[part] as (typeof parts)[0]) < weigh(parts[least] as (typeof parts)[0]))
        least = part;
    const taken = parts[least] as (typeof parts)[0];
    taken.rows += rows;
    taken.positives += positives;
    partOf.set(group, least);
  }
  return Uint8Array.from(groupOf, (group) => partOf.get(group) as number);
}
