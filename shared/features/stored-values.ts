import { FIELDS } from '../schemas/feature-vocabulary.ts';
import type { Accumulator } from './accumulators.ts';
import type { DayTiles } from './day-tiles.ts';
import { emptyValues, type FoldPlan, type Slot } from './fold-plan.ts';

const KEY_LENGTH = 4;

/** Values as stored: by position of a layout, empty ones at the end left out. */
export type StoredValues = unknown[];

/**
 * @param base epoch milliseconds that times are stored relative to, which makes them short
 * @param oldestDay day tiles before it are dropped
 */
export function storeValues(
  plan: FoldPlan,
  values: readonly Slot[],
  base: number,
  oldestDay = 0,
): StoredValues {
  let length = values.length;
  while (length > 0 && isEmpty(plan.accumulators[length - 1] as Accumulator, values[length - 1]))
    length--;
  return values
    .slice(0, length)
    .map((value, slot) =>
      storeSlot(plan.accumulators[slot] as Accumulator, value, base, oldestDay),
    );
}

/**
 * Reads stored values into the slots of this plan, whatever layout they were written with:
 * accumulators added since are empty, removed ones are dropped.
 */
export function restoreValues(
  plan: FoldPlan,
  stored: StoredValues,
  layout: string,
  base: number,
): Slot[] {
  const values = emptyValues(plan);
  stored.forEach((value, place) => {
    const slot = layout === plan.layout ? place : plan.slotOf.get(keyAt(layout, place));
    if (slot !== undefined)
      values[slot] = restoreSlot(plan.accumulators[slot] as Accumulator, value, base);
  });
  return values;
}

/** Keys of the plan that a layout lacks. */
export function keysMissingIn(plan: FoldPlan, layout: string): string[] {
  if (layout === plan.layout) return [];
  const kept = new Set(
    Array.from({ length: layout.length / KEY_LENGTH }, (_, place) => keyAt(layout, place)),
  );
  return plan.accumulators.map(({ key }) => key).filter((key) => !kept.has(key));
}

function keyAt(layout: string, place: number): string {
  return layout.slice(place * KEY_LENGTH, (place + 1) * KEY_LENGTH);
}

function isEmpty(accumulator: Accumulator, value: Slot | undefined): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0 || value[0] === null;
  if (value instanceof Map) return value.size === 0;
  if (typeof value === 'object') return value.days.length === 0;
  return value === 0 && ['count', 'sum', 'distinct_count'].includes(accumulator.function);
}

function isTime({ of }: Accumulator): boolean {
  return of !== null && FIELDS[of] === 'time';
}

function storeSlot(
  accumulator: Accumulator,
  value: Slot,
  base: number,
  oldestDay: number,
): unknown {
  if (accumulator.keeps === 'day tiles') return storeTiles(value as DayTiles, oldestDay);
  if (value instanceof Map) return [...value].flat();
  if (!isTime(accumulator) || value === null) return value;
  if (Array.isArray(value))
    return value.map((time) => (time === null ? null : (time as number) - base));
  return (value as number) - base;
}

function restoreSlot(accumulator: Accumulator, stored: unknown, base: number): Slot {
  if (accumulator.keeps === 'day tiles') return restoreTiles(stored as number[]);
  if (accumulator.function === 'recent_values') {
    const flat = stored as number[];
    const recent = new Map<number, number>();
    for (let place = 0; place < flat.length; place += 2)
      recent.set(flat[place] as number, flat[place + 1] as number);
    return recent;
  }
  if (!isTime(accumulator) || stored === null) return stored as Slot;
  if (Array.isArray(stored)) return stored.map((time) => (time === null ? null : time + base));
  return (stored as number) + base;
}

/** First day, its sum, then days since the one before and sum, by turns. */
function storeTiles({ days, sums }: DayTiles, oldestDay: number): number[] {
  const stored: number[] = [];
  let previous = 0;
  days.forEach((day, place) => {
    const sum = sums[place] as number;
    if (day < oldestDay || sum === 0) return;
    stored.push(day - previous, sum);
    previous = day;
  });
  return stored;
}

function restoreTiles(stored: readonly number[]): DayTiles {
  const tiles: DayTiles = { days: [], sums: [] };
  let day = 0;
  for (let place = 0; place < stored.length; place += 2) {
    day += stored[place] as number;
    tiles.days.push(day);
    tiles.sums.push(stored[place + 1] as number);
  }
  return tiles;
}
