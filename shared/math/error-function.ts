import { cephes } from './cephes.ts';

/**
 * The error function 2/√π · ∫₀ˣ e^(−t²) dt.
 * @returns a number in [−1, 1]
 */
export function erf(x: number): number {
  return cephes.erf(x);
}

/**
 * The complement 1 − erf(x), exact in the upper tail too.
 * @returns a number in [0, 2]
 */
export function erfc(x: number): number {
  // Beyond, the value or its distance from 2 is no 64-bit number, which the library calls an error.
  if (Math.abs(x) > LARGEST_EXPONENT) return x > 0 ? 0 : 2;
  return cephes.erfc(x);
}

/** e^(−x²) is still a normal number below it. */
const LARGEST_EXPONENT = 26.5;
