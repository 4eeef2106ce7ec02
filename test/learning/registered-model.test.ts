import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasCartRule } from '../../shared/domain/has-cart-rule.ts';
import { additiveArtifact, verifyFolder } from '../../shared/domain/model-folder.ts';
import { openModel } from '../../shared/domain/registered-model.ts';
import { InvalidFeatureValue, ModelDigestMismatch, UnusableModel } from '../../shared/errors.ts';
import { definitionDigests } from '../../shared/features/catalogue.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import type { AdditiveModel, LogisticModel, Manifest } from '../../shared/schemas/model.ts';
import type { FeatureValue } from '../../shared/schemas/score.ts';
import { untrainedModel } from '../untrained-model.ts';

type Features = Manifest['features'];

const DEFINITIONS = new Map([
  ['views', 'd1'],
  ['gap', 'd2'],
  ['device', 'd3'],
]);
const FEATURES: Features = [
  { name: 'views', definition: 'd1', type: 'number' },
  { name: 'gap', definition: 'd2', type: 'number' },
  { name: 'device', definition: 'd3', type: 'category' },
];

function folderOf(
  model: AdditiveModel,
  { features = FEATURES, ...more }: Partial<Parameters<typeof untrainedModel>[1]> = {},
) {
  return untrainedModel(additiveArtifact(model), { features, ...more });
}

const LOGISTIC: LogisticModel = {
  kind: 'logistic',
  intercept: -2,
  terms: [
    {
      type: 'piecewise',
      feature: 'views',
      knots: [0, 2, 10],
      weights: [-1, 1, 3],
      missing_weight: 0,
    },
    { type: 'piecewise', feature: 'gap', knots: [5], weights: [0.25], missing_weight: -0.5 },
    { type: 'categorical', feature: 'device', weights: { mobile: -0.75 }, missing_weight: 0.5 },
  ],
};

describe('a logistic model', () => {
  test.each<[FeatureValue[], number]>([
    [[-5, 1, 'mobile'], -2 - 1 + 0.25 - 0.75],
    [[0, 1, 'mobile'], -2 - 1 + 0.25 - 0.75],
    [[1, 1, 'mobile'], -2 + 0 + 0.25 - 0.75],
    [[2, 1, 'mobile'], -2 + 1 + 0.25 - 0.75],
    [[6, 1, 'mobile'], -2 + 2 + 0.25 - 0.75],
    [[99, 1, 'mobile'], -2 + 3 + 0.25 - 0.75],
    [[0, null, 'mobile'], -2 - 1 - 0.5 - 0.75],
    [[0, 1, 'desktop'], -2 - 1 + 0.25 + 0.5],
    [[null, null, null], -2 + 0 - 0.5 + 0.5],
  ])('gives %j the margin %d', (values, margin) => {
    const model = openModel(folderOf(LOGISTIC), DEFINITIONS);
    expect(model.score(values).margin).toBeCloseTo(margin, 12);
    expect(model.score(values).probability).toBeCloseTo(sigmoid(margin), 12);
  });

  test('is calibrated by the manifest', () => {
    const calibration = { kind: 'platt', a: -2, b: 0.5 } as const;
    const model = openModel(folderOf(LOGISTIC, { calibration }), DEFINITIONS);
    const { margin, probability } = model.score([6, 1, 'mobile']);
    expect(probability).toBeCloseTo(1 / (1 + Math.exp(-2 * margin + 0.5)), 12);
  });

  const weight = fc.double({ min: -20, max: 20, noNaN: true });
  const ascending = fc
    .uniqueArray(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
      minLength: 1,
      maxLength: 6,
      comparator: (a, b) => a === b, // -0 and 0 are one knot
    })
    .map((knots) => knots.sort((a, b) => a - b));
  const piecewise = (feature: string) =>
    ascending.chain((knots) =>
      fc.record({
        type: fc.constant('piecewise' as const),
        feature: fc.constant(feature),
        knots: fc.constant(knots),
        weights: fc.array(weight, { minLength: knots.length, maxLength: knots.length }),
        missing_weight: weight,
      }),
    );
  const models = fc.record({
    kind: fc.constant('logistic' as const),
    intercept: weight,
    terms: fc.tuple(
      piecewise('views'),
      piecewise('gap'),
      fc.record({
        type: fc.constant('categorical' as const),
        feature: fc.constant('device'),
        weights: fc.dictionary(fc.constantFrom('a', 'b', 'c'), weight),
        missing_weight: weight,
      }),
    ),
  });
  const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }));
  const vectors = fc.tuple(number, number, fc.option(fc.constantFrom('a', 'b', 'x')));

  test('bias and contributions sum to the margin, the largest first', () => {
    fc.assert(
      fc.property(models, vectors, (document, values) => {
        const model = openModel(folderOf(document), DEFINITIONS);
        const { bias, reasons } = model.explain(values);
        const sizes = reasons.map(({ contribution }) => Math.abs(contribution));
        expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
        const sum = reasons.reduce((total, { contribution }) => total + contribution, bias);
        const { margin, probability } = model.score(values);
        expect(Math.abs(sum - margin)).toBeLessThanOrEqual(1e-12 * 100);
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
        for (const { feature, value } of reasons)
          expect(value).toBe(values[model.features.indexOf(feature)]);
      }),
    );
  });

  test.each<[string, readonly unknown[]]>([
    ['NaN', [Number.NaN, 1, 'a']],
    ['Infinity', [1, Number.POSITIVE_INFINITY, 'a']],
    ['a text for a number', ['1', 1, 'a']],
    ['a number for a category', [1, 1, 1]],
    ['a hole', [1, undefined, 'a']],
    ['too few values', [1, 1]],
    ['too many values', [1, 1, 'a', 1]],
  ])('refuses %s, for scores and contributions alike', (_, values) => {
    const model = openModel(folderOf(LOGISTIC), DEFINITIONS);
    expect(() => model.score(values as FeatureValue[])).toThrow(InvalidFeatureValue);
    expect(() => model.explain(values as FeatureValue[])).toThrow(InvalidFeatureValue);
  });

  test('names the feature whose value it refuses', () => {
    const model = openModel(folderOf(LOGISTIC), DEFINITIONS);
    expect(() => model.score([1, Number.NaN, 'a'])).toThrow(/gap is NaN/);
  });
});

describe('opening refuses', () => {
  const piecewise = (knots: number[], weights: number[], feature = 'views') =>
    ({
      kind: 'logistic',
      intercept: 0,
      terms: [{ type: 'piecewise', feature, knots, weights, missing_weight: 0 }],
    }) as AdditiveModel;

  test.each<[string, AdditiveModel]>([
    ['knots that do not ascend', piecewise([1, 1], [0, 0])],
    ['fewer weights than knots', piecewise([1, 2], [0])],
    ['a term without a knot', piecewise([], [])],
    ['a feature the manifest does not list', piecewise([1], [0], 'unlisted')],
    ['a category used as a number', piecewise([1], [0], 'device')],
    [
      'two terms for one feature',
      {
        kind: 'logistic',
        intercept: 0,
        terms: [...(piecewise([1], [0]) as LogisticModel).terms, ...LOGISTIC.terms],
      },
    ],
    [
      'a rule with a probability of 1',
      {
        kind: 'rule',
        rules: [{ feature: 'views', at_least: 1, probability: 1 }],
        otherwise: 0.1,
      },
    ],
  ])('%s', (_, model) => {
    expect(() => openModel(folderOf(model), DEFINITIONS)).toThrow(UnusableModel);
  });

  test('a weight beyond the range of a double', () => {
    const text = JSON.stringify(LOGISTIC).replace('-2', '-1e999');
    const model = JSON.parse(text, (key, value) => (key === 'intercept' ? undefined : value));
    expect(() => openModel(folderOf(model), DEFINITIONS)).toThrow(UnusableModel);
    expect(() =>
      openModel(folderOf({ ...LOGISTIC, toJSON: () => JSON.parse(text) } as never), DEFINITIONS),
    ).toThrow(UnusableModel);
  });

  test.each([
    ['absent', new Map([...DEFINITIONS].filter(([name]) => name !== 'gap'))],
    ['another one', new Map([...DEFINITIONS, ['gap', 'changed']])],
  ])('a definition that is %s', (_, definitions) => {
    expect(() => openModel(folderOf(LOGISTIC), definitions)).toThrow(/uses gap with definition d2/);
  });

  test('a folder with one flipped bit, wherever it is', () => {
    const { manifest, model, card } = folderOf(LOGISTIC);
    const files = { manifest, model, card };
    const place = fc.constantFrom<keyof typeof files>('manifest', 'model', 'card').chain((file) =>
      fc.record({
        file: fc.constant(file),
        byte: fc.nat({ max: files[file].length - 1 }),
        bit: fc.nat({ max: 7 }),
      }),
    );
    fc.assert(
      fc.property(place, ({ file, byte, bit }) => {
        const damaged = Uint8Array.from(files[file]);
        damaged[byte] = (damaged[byte] as number) ^ (1 << bit);
        let refusal: unknown;
        try {
          openModel({ ...files, [file]: damaged }, DEFINITIONS);
        } catch (error) {
          refusal = error;
        }
        expect((refusal as Error | undefined)?.name).toMatch(
          /^(?:ModelDigestMismatch|UnusableModel)$/,
        );
      }),
      { numRuns: 500 },
    );
  });

  test('the model of another version', () => {
    const other = folderOf({ ...LOGISTIC, intercept: 1 });
    const { manifest } = folderOf(LOGISTIC);
    expect(() => openModel({ manifest, model: other.model }, DEFINITIONS)).toThrow(
      ModelDigestMismatch,
    );
  });

  test('what is no manifest', () => {
    const { model } = folderOf(LOGISTIC);
    expect(() => openModel({ manifest: Buffer.from('{}'), model }, DEFINITIONS)).toThrow(
      UnusableModel,
    );
  });
});

describe('a version', () => {
  test('is the run date and 12 hex digits that name every byte', () => {
    const { version } = folderOf(LOGISTIC);
    expect(version).toMatch(/^2026-03-01-[0-9a-f]{12}$/);
    expect(folderOf(LOGISTIC)).toEqual(folderOf(LOGISTIC));
    expect(folderOf({ ...LOGISTIC, intercept: -2.5 }).version).not.toBe(version);
    expect(folderOf(LOGISTIC, { runDate: '2026-03-02' }).version.slice(11)).not.toBe(
      version.slice(11),
    );
    expect(verifyFolder(folderOf(LOGISTIC)).version).toBe(version);
  });
});

describe('the has-cart rule', () => {
  const rule = openModel(hasCartRule(), definitionDigests());

  test('opens like any other version, and is the same each time', () => {
    expect(rule.features).toEqual(['cart_product_count']);
    expect(rule.version).toBe(hasCartRule().version);
  });

  test.each([
    [null, 0.01],
    [0, 0.01],
    [1, 0.3],
    [7, 0.3],
  ])('answers a cart of %s products with %d', (products, probability) => {
    expect(rule.score([products]).probability).toBeCloseTo(probability, 12);
  });

  test('gives the cart as its only reason', () => {
    const {
      bias,
      reasons: [reason, ...others],
    } = rule.explain([2]);
    expect(others).toEqual([]);
    expect(reason?.feature).toBe('cart_product_count');
    expect(bias + (reason?.contribution ?? 0)).toBeCloseTo(rule.score([2]).margin, 12);
    expect(rule.explain([0]).reasons).toEqual([]);
  });
});
