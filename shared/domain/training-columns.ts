import { NotEnoughData } from '../errors.ts';
import type { PrefixRows } from './prefix-rows.ts';

/** A category with a smaller share of the rows joins the unlisted ones. */
const MIN_CATEGORY_SHARE = 0.005;
/** Fewer sessions of a class decide nothing. */
const MIN_SESSIONS = 10;

export function labelsOf(rows: PrefixRows, chosen: Uint32Array): Uint8Array {
  return Uint8Array.from(chosen, (row) => rows.label[row] as number);
}

export function weightsOf(rows: PrefixRows, chosen: Uint32Array): Float64Array {
  return Float64Array.from(chosen, (row) => rows.weight[row] as number);
}

export function meanOf(values: Uint8Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @throws NotEnoughData */
export function requireBothClasses(rows: PrefixRows, chosen: Uint32Array, purpose: string): void {
  const sessions = [new Set<number>(), new Set<number>()];
  for (const row of chosen) sessions[rows.label[row] as number]?.add(rows.session[row] as number);
  const [others, buying] = sessions.map(({ size }) => size) as [number, number];
  if (buying < MIN_SESSIONS || others < MIN_SESSIONS)
    throw new NotEnoughData(
      `${buying} buying and ${others} other complete sessions ${purpose}, at least ${MIN_SESSIONS} of each are needed: import more events or widen the time range`,
    );
}

/** The categories common enough to be told apart, by name, with their code among the rows. */
export function listedCategories(rows: PrefixRows, chosen: Uint32Array, feature: number) {
  const names = rows.categories[feature] as readonly string[];
  const counts = new Uint32Array(names.length);
  for (const row of chosen) {
    const code = rows.value(row, feature);
    if (!Number.isNaN(code)) counts[code] = (counts[code] as number) + 1;
  }
  return names
    .map((name, code) => ({ name, code, count: counts[code] as number }))
    .filter(({ count }) => count >= MIN_CATEGORY_SHARE * chosen.length)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
