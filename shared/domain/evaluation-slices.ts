import type { PrefixRows } from './prefix-rows.ts';

/** Rows that are measured apart. */
export interface Slice {
  /** Suffix of its AUC. */
  readonly name: string;
  /** What tells the slice from its siblings, e.g. `device_type`; null where it has none. */
  readonly dimension: string | null;
  /** For each chosen row 1 where it belongs to the slice. */
  readonly members: Uint8Array;
  readonly sessions: number;
  readonly buyingSessions: number;
}

type Named = readonly [name: string, dimension: string | null, contains: (row: number) => boolean];

/** Features whose categories are slices, with the name of a slice. */
const CATEGORIES = { device_type: 'device', channel_type: 'channel' } as const;
const CART = 'cart_product_count';
const UNKNOWN = 'unknown';

/**
 * The slices of an evaluation that have rows: by place in the session, cart, acquaintance, and by
 * device, channel and country where the rows have more than one.
 * @param chosen the rows that are measured
 * @param seenUnits units with rows in training
 */
export function evaluationSlices(
  rows: PrefixRows,
  chosen: Uint32Array,
  seenUnits: ReadonlySet<number>,
): readonly Slice[] {
  const cart = rows.features.findIndex(({ name }) => name === CART);
  const isAt = (prefix: number) => (row: number) => rows.prefix[row] === prefix;
  const hasCart = (row: number) => rows.value(row, cart) > 0;
  const isKnown = (row: number) => rows.known[row] === 1;
  const isSeen = (row: number) => seenUnits.has(rows.unit[row] as number);
  const tests: readonly Named[] = [
    ['prefix_1', null, isAt(1)],
    ['prefix_2', null, isAt(2)],
    ['prefix_3', null, isAt(3)],
    ['prefix_5', null, isAt(5)],
    ['prefix_10', null, isAt(10)],
    ['prefix_last', null, (row) => rows.prefix[row] === rows.prefixes[row]],
    ['with_cart', null, hasCart],
    ['without_cart', null, (row) => !hasCart(row)],
    ['known_users', 'known_or_anonymous', isKnown],
    ['anonymous', 'known_or_anonymous', (row) => !isKnown(row)],
    ['returning_users', 'returning_or_new', isSeen],
    ['new_users', 'returning_or_new', (row) => !isSeen(row)],
    ...categoryTests(rows, chosen),
    ...sessionTests(rows, chosen, 'country', 'country', (row) => rows.country[row] ?? null),
  ];
  return tests.flatMap(([name, dimension, test]) => {
    const members = Uint8Array.from(chosen, (row) => (test(row) ? 1 : 0));
    const sessions = new Map<number, number>();
    for (const [position, row] of chosen.entries())
      if (members[position] === 1)
        sessions.set(rows.session[row] as number, rows.label[row] as number);
    if (sessions.size === 0) return [];
    const buyingSessions = [...sessions.values()].filter((label) => label === 1).length;
    return [{ name, dimension, members, sessions: sessions.size, buyingSessions }];
  });
}

function categoryTests(rows: PrefixRows, chosen: Uint32Array): Named[] {
  return Object.entries(CATEGORIES).flatMap(([feature, prefix]) => {
    const index = rows.features.findIndex(({ name }) => name === feature);
    const categoryOf = (row: number) => rows.categories[index]?.[rows.value(row, index)] ?? null;
    return index < 0 ? [] : sessionTests(rows, chosen, feature, prefix, categoryOf);
  });
}

/**
 * Slices of whole sessions by the first value that is known: later events may come without one. A
 * dimension needs two; the sessions without a value are a slice, but no group to be compared.
 */
function sessionTests(
  rows: PrefixRows,
  chosen: Uint32Array,
  dimension: string,
  prefix: string,
  categoryOf: (row: number) => string | null,
): Named[] {
  const values = new Map<number, string>();
  for (const row of chosen) {
    const session = rows.session[row] as number;
    const known = values.get(session) ?? UNKNOWN;
    if (known === UNKNOWN) values.set(session, categoryOf(row) ?? UNKNOWN);
  }
  const named = [...new Set(values.values())].filter((value) => value !== UNKNOWN).sort();
  if (named.length < 2) return [];
  return [...named, UNKNOWN].map((value) => [
    `${prefix}_${value}`,
    value === UNKNOWN ? null : dimension,
    (row) => values.get(rows.session[row] as number) === value,
  ]);
}
