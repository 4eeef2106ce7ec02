import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fromHyperparameters,
  toHyperparameters,
} from '../../shared/domain/sagemaker/hyperparameters.ts';
import {
  completeParameters,
  type TrainingParameters,
} from '../../shared/trees/train/parameters.ts';

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const common = {
  trees: fc.integer({ min: 1, max: 4000 }),
  learningRate: number(1e-4, 1),
  maxDepth: fc.integer({ min: 1, max: 20 }),
  maxLeaves: fc.option(fc.integer({ min: 2, max: 999 })),
  grow: fc.constantFrom('depth-wise', 'leaf-wise'),
  maxBins: fc.integer({ min: 2, max: 256 }),
  minChildWeight: number(0, 100),
  lambda: number(0, 100),
  alpha: number(0, 100),
  gamma: number(0, 100),
  subsample: number(0.01, 1),
  columnSample: number(0.01, 1),
  monotone: fc.option(fc.array(fc.constantFrom(-1, 0, 1), { minLength: 1, maxLength: 9 })),
  maxDeltaStep: fc.option(number(0, 9)),
  seed: fc.integer({ min: -1000, max: 2 ** 31 - 2 }),
  threads: fc.integer({ min: 1, max: 8 }),
} as const;
const parameters = fc.oneof(
  fc.record({
    ...common,
    objective: fc.constantFrom('binary:logistic', 'reg:squarederror', 'count:poisson'),
    earlyStoppingRounds: fc.option(fc.integer({ min: 1, max: 99 })),
  }),
  fc.record({
    ...common,
    objective: fc.constant('reg:tweedie'),
    tweedieVariancePower: number(1.01, 1.99),
  }),
) as fc.Arbitrary<TrainingParameters>;

test('to the container and back, parameters are the same', () => {
  fc.assert(
    fc.property(parameters, fc.boolean(), (given, weighted) => {
      const hyperparameters = toHyperparameters(given, weighted);
      for (const text of Object.values(hyperparameters)) expect(typeof text).toBe('string');
      const back = fromHyperparameters(hyperparameters);
      expect(completeParameters(back.parameters)).toEqual(completeParameters(given));
      expect(back.csvWeights).toBe(weighted);
    }),
  );
});

test('a base margin survives as base_score', () => {
  const given = { objective: 'binary:logistic', baseMargin: -1.25 } as const;
  expect(fromHyperparameters(toHyperparameters(given, false)).parameters.baseMargin).toBeCloseTo(
    -1.25,
    12,
  );
});

test('as the container wants them', () => {
  expect(
    toHyperparameters(
      {
        objective: 'binary:logistic',
        trees: 50,
        monotone: [1, 0, -1],
        earlyStoppingRounds: 5,
        seed: 7,
      },
      true,
    ),
  ).toEqual({
    objective: 'binary:logistic',
    num_round: '50',
    eta: '0.3',
    max_depth: '6',
    max_leaves: '0',
    max_bin: '256',
    min_child_weight: '1',
    lambda: '1',
    alpha: '0',
    gamma: '0',
    subsample: '1',
    colsample_bytree: '1',
    seed: '7',
    tree_method: 'hist',
    grow_policy: 'depthwise',
    eval_metric: 'auc,logloss',
    monotone_constraints: '(1,0,-1)',
    early_stopping_rounds: '5',
    csv_weights: '1',
  });
});

describe('what the container cannot be told', () => {
  test.each<[string, TrainingParameters]>([
    ['earlyStoppingRounds', { objective: 'reg:tweedie', earlyStoppingRounds: 5 }],
    ['tweedieVariancePower', { objective: 'reg:tweedie', tweedieVariancePower: 1 }],
    ['categoriesToGroup', { objective: 'binary:logistic', categoriesToGroup: 4 }],
    ['seed', { objective: 'binary:logistic', seed: 2 ** 40 }],
    ['baseMargin', { objective: 'reg:squarederror', baseMargin: -1 }],
  ])('%s', (named, given) => {
    expect(() => toHyperparameters(given, false)).toThrow(
      expect.objectContaining({
        name: 'UnsupportedHyperparameter',
        message: expect.stringContaining(named),
      }),
    );
  });
});

describe('what the trainer here cannot do', () => {
  test.each<[string, Record<string, string>]>([
    ['num_round', {}],
    ['booster', { num_round: '9', booster: 'dart' }],
    ['tree_method', { num_round: '9', tree_method: 'exact' }],
    ['objective', { num_round: '9', objective: 'multi:softmax' }],
    ['num_class', { num_round: '9', num_class: '3' }],
    ['interaction_constraints', { num_round: '9', interaction_constraints: '[[0,1]]' }],
    ['scale_pos_weight', { num_round: '9', scale_pos_weight: '20' }],
    ['eta', { num_round: '9', eta: 'fast' }],
    ['monotone_constraints', { num_round: '9', monotone_constraints: '(1,2)' }],
    ['grow_policy', { num_round: '9', grow_policy: 'sideways' }],
    ['without eval_metric', { num_round: '9', early_stopping_rounds: '3' }],
    [
      'early_stopping_rounds on mae',
      { num_round: '9', early_stopping_rounds: '3', eval_metric: 'rmse,mae' },
    ],
  ])('%s', (named, given) => {
    expect(() => fromHyperparameters(given)).toThrow(
      expect.objectContaining({
        name: 'UnsupportedHyperparameter',
        message: expect.stringContaining(named),
      }),
    );
  });

  test('a value out of range is the value’s fault', () => {
    expect(() => fromHyperparameters({ num_round: '9', eta: '7' })).toThrow(
      expect.objectContaining({ name: 'InvalidRequest' }),
    );
  });
});

test('other names of the same, and what has no effect', () => {
  const { parameters } = fromHyperparameters({
    num_round: '9',
    learning_rate: '0.1',
    reg_lambda: '2',
    reg_alpha: '3',
    min_split_loss: '4',
    booster: 'gbtree',
    verbosity: '2',
    num_parallel_tree: '1',
  });
  expect(parameters).toEqual({
    objective: 'reg:squarederror',
    trees: 9,
    learningRate: 0.1,
    lambda: 2,
    alpha: 3,
    gamma: 4,
  });
});
