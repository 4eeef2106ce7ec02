import { expect } from 'vitest';

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
