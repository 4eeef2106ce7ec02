const DIGIT_BITS = 11;
const DIGITS = 3;
const RADIX = 1 << DIGIT_BITS;
const SIGN = 0x8000_0000;

/**
 * The values in ascending order, without NaN: a radix sort by digits of 11 bits, several times
 * faster on columns than the sort of the language.
 */
export function sortedNumbers(values: Float32Array): Float32Array {
  let keys = new Uint32Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    // Unsigned order of the keys is the numbers' order: negative ones reversed, below the others.
    const word = bits[i] as number;
    keys[count++] = word & SIGN ? ~word : word | SIGN;
  }
  keys = keys.subarray(0, count);
  let other = new Uint32Array(count);
  for (let digit = 0; digit < DIGITS; digit++) {
    scatter(keys, other, digit * DIGIT_BITS);
    [keys, other] = [other, keys];
  }
  for (let i = 0; i < count; i++) {
    const key = keys[i] as number;
    keys[i] = key & SIGN ? key ^ SIGN : ~key;
  }
  return new Float32Array(keys.buffer, keys.byteOffset, count);
}

/** A stable pass by the digit at `shift`. */
function scatter(from: Uint32Array, to: Uint32Array, shift: number): void {
  const places = new Uint32Array(RADIX);
  for (let i = 0; i < from.length; i++) {
    const digit = ((from[i] as number) >>> shift) & (RADIX - 1);
    places[digit] = (places[digit] as number) + 1;
  }
  let place = 0;
  for (let digit = 0; digit < RADIX; digit++) {
    const size = places[digit] as number;
    places[digit] = place;
    place += size;
  }
  for (let i = 0; i < from.length; i++) {
    const key = from[i] as number;
    const digit = (key >>> shift) & (RADIX - 1);
    const at = places[digit] as number;
    to[at] = key;
    places[digit] = at + 1;
  }
}
