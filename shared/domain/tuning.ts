/** Values that a parameter may take: a range, drawn evenly or evenly in its logarithm, or a list. */
type ParameterRange =
  | {
      readonly from: number;
      readonly to: number;
      readonly scale: 'linear' | 'log';
      /** Whole numbers only, both ends among them. */
      readonly whole?: true;
    }
  | { readonly oneOf: readonly number[] };

export type SearchSpace<Name extends string = string> = Readonly<Record<Name, ParameterRange>>;

/** Three significant digits: what a search distinguishes, and a reader can copy. */
const DIGITS = 3;

/**
 * Parameters for a random search, one set after another, without end: each value is drawn
 * independently, so that no budget is spent on a grid's repetitions of one that does not matter.
 *
 * Source: Bergstra & Bengio (2012), "Random search for hyper-parameter optimization".
 * @param random uniform in [0, 1)
 */
export function* randomParameters<Name extends string>(
  space: SearchSpace<Name>,
  random: () => number,
): Generator<Readonly<Record<Name, number>>, never> {
  const names = Object.keys(space) as Name[];
  for (;;) {
    const values = names.map((name) => [name, drawn(space[name], random())] as const);
    yield Object.fromEntries(values) as Record<Name, number>;
  }
}

function drawn(range: ParameterRange, share: number): number {
  if ('oneOf' in range) return range.oneOf[Math.floor(share * range.oneOf.length)] as number;
  const { from, to, scale, whole } = range;
  if (whole) return from + Math.floor(share * (to - from + 1));
  const value = scale === 'log' ? from * (to / from) ** share : from + share * (to - from);
  return Number(value.toPrecision(DIGITS));
}
