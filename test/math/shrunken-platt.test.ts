import { describe, expect, test } from 'vitest';
import { plattScaling } from '../../shared/math/platt-scaling.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import { shrunkenPlatt } from '../../shared/math/shrunken-platt.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';

/** Labels drawn at log-odds `truth(margin)`; `perUnit` rows of a unit have one label. */
function drawn(rows: number, perUnit: number, truth: (margin: number) => number) {
  const random = seededRandom(6);
  const units = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / perUnit));
  const ofUnit = Array.from({ length: Math.ceil(rows / perUnit) }, () => {
    const margin = 4 * random() - 3;
    return { margin, label: Number(random() < sigmoid(truth(margin))) };
  });
  return {
    units,
    margins: Float64Array.from(units, (unit) => ofUnit[unit]?.margin as number),
    labels: Uint8Array.from(units, (unit) => ofUnit[unit]?.label as number),
  };
}

describe('shrunken Platt scaling', () => {
  test('keeps what many units say', () => {
    const { margins, labels, units } = drawn(20_000, 1, (margin) => 0.5 * margin - 1);
    const { a, b, share } = shrunkenPlatt(margins, labels, units);
    const platt = plattScaling(margins, labels);
    expect(share).toBeGreaterThan(0.99);
    expect(a).toBeCloseTo(platt.a, 1);
    expect(b).toBeCloseTo(platt.b, 1);
  });

  test('believes the same rows less where few units have them', () => {
    const { margins, labels } = drawn(4000, 100, (margin) => 0.7 * margin - 0.3);
    const alone = Int32Array.from(labels, (_, row) => row);
    const together = Int32Array.from(labels, (_, row) => Math.floor(row / 100));
    const few = shrunkenPlatt(margins, labels, together);
    expect(few.share).toBeLessThan(shrunkenPlatt(margins, labels, alone).share);
  });

  test('leaves margins alone that differ from the truth by chance only', () => {
    const { margins, labels, units } = drawn(2000, 20, (margin) => margin);
    const { a, b, share } = shrunkenPlatt(margins, labels, units);
    expect(share).toBeLessThan(0.75);
    const platt = plattScaling(margins, labels);
    expect(Math.abs(a + 1)).toBeLessThan(Math.abs(platt.a + 1) + 1e-12);
    expect(Math.abs(b)).toBeLessThanOrEqual(Math.abs(platt.b));
  });

  test('stands between the margins and Platt', () => {
    const { margins, labels, units } = drawn(3000, 7, (margin) => 0.8 * margin + 0.2);
    const { a, b, share } = shrunkenPlatt(margins, labels, units);
    const platt = plattScaling(margins, labels);
    expect(a).toBeCloseTo(share * platt.a - (1 - share), 12);
    expect(b).toBeCloseTo(share * platt.b, 12);
  });

  test('moves margins that tell nothing apart to the share of positives', () => {
    const margins = new Float64Array(98).fill(-3);
    const labels = Uint8Array.from(margins, (_, row) => Number(row < 19));
    const { a, b } = shrunkenPlatt(
      margins,
      labels,
      labels.map((_, row) => row),
    );
    expect(sigmoid(-(a * -3 + b))).toBeCloseTo(0.2, 12);
  });
});
