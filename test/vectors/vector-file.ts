import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Keys are `abs`, `rel`, or the name of a field or a part of it, `_rel` at the end: relative only. */
export type Tolerance = Readonly<Record<string, number>>;

interface VectorFile<Input> {
  readonly tolerance: Tolerance;
  readonly cases: readonly {
    readonly name: string;
    readonly input: Input;
    readonly expected: Fields;
  }[];
}

const DEFAULT_FOLDER = join(import.meta.dirname, '../../../shared/vectors');
export const vectorsFolder = process.env['VECTORS_DIR'] ?? DEFAULT_FOLDER;

/** Only the folder that nobody asked for may be absent. */
export const vectorsAbsent =
  process.env['VECTORS_DIR'] === undefined && !existsSync(DEFAULT_FOLDER);

/** The names of the files there, without `.json`. */
export function vectorFiles(): readonly string[] {
  return readdirSync(vectorsFolder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
}

type Fields = Readonly<Record<string, unknown>>;

export interface Checked<Input> {
  /**
   * What we get for a case, in the fields of `expected`.
   * `expected` is there for what is an input by nature, such as which rows to explain.
   */
  readonly compute: (input: Input, expected: Fields) => Fields | Promise<Fields>;
  /** For fields that the file gives no bound of their own. */
  readonly tolerance?: Tolerance;
  /** For cases whose reference is less exact than the file says. */
  readonly toleranceOf?: (input: Input) => Tolerance;
}

/** Compares every field of every case of a file with what we compute; fails without the file. */
export function vectors<Input>(
  name: string,
  { compute, tolerance, toleranceOf }: Checked<Input>,
): void {
  describe(name, () => {
    if (vectorsAbsent) {
      test.skip(`${name}: ../shared/vectors is not here`, () => {});
      return;
    }
    const path = join(vectorsFolder, `${name}.json`);
    if (!existsSync(path)) {
      test(`${name}: the file is there`, () => expect.fail(`${path} is missing`));
      return;
    }
    const { cases, ...file } = JSON.parse(readFileSync(path, 'utf8')) as VectorFile<Input>;
    for (const { name: caseName, input, expected } of cases) {
      const title = `${name}: ${caseName}`;
      test(title, async () => {
        const got = await compute(input, expected);
        const bounds = { ...file.tolerance, ...tolerance, ...toleranceOf?.(input) };
        for (const [field, value] of Object.entries(expected))
          expectAgreement(got[field], value, bounds, [field]);
      });
    }
  });
}

/**
 * Whether |got − expected| ≤ abs + rel · |expected| for every number of a value; lists and objects
 * are compared part by part, null must be null.
 */
function expectAgreement(
  got: unknown,
  expected: unknown,
  tolerance: Tolerance,
  path: readonly string[] = [],
): void {
  const where = path.join('.');
  if (typeof expected === 'number') {
    expect(got, where).toBeTypeOf('number');
    const { abs, rel } = boundsOf(tolerance, path);
    const bound = abs + rel * Math.abs(expected);
    const distance = Math.abs((got as number) - expected);
    if (!(distance <= bound))
      expect.fail(`${where}: ${got} is ${distance} from ${expected}, more than ${bound}`);
  } else if (Array.isArray(expected)) {
    const list = got as ArrayLike<unknown>;
    expect(list?.length, `length of ${where}`).toBe(expected.length);
    for (const [index, item] of expected.entries())
      expectAgreement(list[index], item, tolerance, [...path, String(index)]);
  } else if (typeof expected === 'object' && expected !== null) {
    for (const [field, item] of Object.entries(expected))
      expectAgreement((got as Record<string, unknown>)?.[field], item, tolerance, [...path, field]);
  } else {
    expect(got, where).toEqual(expected);
  }
}

/** The bounds that a field of the path has of its own (the longest key counts), else the general ones. */
export function boundsOf(
  tolerance: Tolerance,
  path: readonly string[],
): { readonly abs: number; readonly rel: number } {
  const { abs = 0, rel = 0, ...fields } = tolerance;
  const own = Object.keys(fields)
    .filter((key) => path.some((field) => field.includes(key.replace(/_rel$/, ''))))
    .sort((left, right) => right.length - left.length)[0];
  if (own === undefined) return { abs, rel };
  const bound = fields[own] as number;
  return { abs: own.endsWith('_rel') ? 0 : bound, rel: bound };
}
