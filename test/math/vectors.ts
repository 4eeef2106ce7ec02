import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface VectorFile<Input, Expected> {
  readonly tolerance: Readonly<Record<string, number>>;
  readonly cases: readonly { name: string; input: Input; expected: Expected }[];
}

/** Whether |got − expected| ≤ abs + rel · |expected|; undefined values must be null on both sides. */
export function expectClose(
  got: number | null | undefined,
  expected: number | null,
  tolerance: { abs?: number; rel?: number },
): void {
  if (expected === null) {
    expect(got).toBeNull();
    return;
  }
  expect(got).toBeTypeOf('number');
  expect(Math.abs((got as number) - expected)).toBeLessThanOrEqual(
    (tolerance.abs ?? 0) + (tolerance.rel ?? 0) * Math.abs(expected),
  );
}

/**
 * Runs `check` on each case of a golden file of ../shared/vectors whose input `concerns` it; skips
 * where the file is absent.
 */
export function goldenCases<Input, Expected>(
  file: string,
  check: (input: Input, expected: Expected, tolerance: Readonly<Record<string, number>>) => void,
  concerns: (input: Input) => boolean = () => true,
): void {
  const url = new URL(`../../../shared/vectors/${file}`, import.meta.url);
  if (!existsSync(url)) {
    test.skip(`${file}: ../shared/vectors is not here`, () => {});
    return;
  }
  const golden = JSON.parse(readFileSync(url, 'utf8')) as VectorFile<Input, Expected>;
  describe(file, () => {
    test.each(golden.cases.filter(({ input }) => concerns(input)))(
      '$name',
      ({ input, expected }) => {
        check(input, expected, golden.tolerance);
      },
    );
  });
}
