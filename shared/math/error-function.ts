import { cephes } from './cephes.ts';

/**
 * The error function 2/√π · ∫₀ˣ e^(−t²) dt.
 * @returns a number in [−1, 1]
 */
export function erf(x: number): number {
  // Beyond, the library calls it an error that 1 − |erf(x)| is no 64-bit number.
  if (Math.abs(x) > LARGEST_ARGUMENT) return Math.sign(x);
  return cephes.erf(x);
}

/**
 * The complement 1 − erf(x), exact in the upper tail too.
 * @returns a number in [0, 2]
 */
export function erfc(x: number): number {
  if (Math.abs(x) > LARGEST_ARGUMENT) return x > 0 ? 0 : 2;
  return cephes.erfc(x);
}

/** e^(−x²) is a normal number up to here. */
const LARGEST_ARGUMENT = 26.5;
