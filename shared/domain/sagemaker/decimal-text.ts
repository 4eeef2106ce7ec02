/**
 * A float32 as the text that the container reads back to the same bits, from 1e-9 to 1e15 in size:
 * the digits of the double of that value, without an exponent. XGBoost's reader of text files adds
 * digits up by itself, 19 behind the point; with an exponent, or with the fewest digits of a
 * float32, it is off by a unit in the last place for up to one value in five (3.2.0).
 * @param value finite
 */
export function decimalText(value: number): string {
  const text = String(Math.fround(value));
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign, first, rest = '', exponent] = parts;
  const digits = `${first}${rest}`;
  const power = Number(exponent);
  return power < 0
    ? `${sign}0.${'0'.repeat(-power - 1)}${digits}`
    : `${sign}${digits}${'0'.repeat(power - rest.length)}`;
}
