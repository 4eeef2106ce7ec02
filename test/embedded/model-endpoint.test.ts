import { expect, test } from 'vitest';
import { hostVersion, openModelEndpoint } from '../../shared/embedded/model-endpoint.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { modelEndpointContract } from '../contracts/model-endpoint.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

freshDataDirectory();

const VERSION = '2026-11-21-0123456789ab';

/** Two trees over two columns, as XGBoost writes them; a missing value goes left. */
const tree = (split: number, condition: number, left: number, right: number) => ({
  tree_param: { num_deleted: '0', num_feature: '2', num_nodes: '3', size_leaf_vector: '1' },
  id: 0,
  loss_changes: [1, 0, 0],
  sum_hessian: [2, 1, 1],
  base_weights: [0, left, right],
  left_children: [1, -1, -1],
  right_children: [2, -1, -1],
  parents: [2147483647, 0, 0],
  split_indices: [split, 0, 0],
  split_conditions: [condition, left, right],
  split_type: [0, 0, 0],
  default_left: [1, 0, 0],
  categories: [],
  categories_nodes: [],
  categories_segments: [],
  categories_sizes: [],
});
const trees = [tree(0, 0.5, -0.75, 0.25), tree(1, -2, 1.5, -0.5)];
const forest = {
  version: [3, 0, 0],
  learner: {
    attributes: {},
    feature_names: [],
    feature_types: [],
    learner_model_param: {
      base_score: '5E-1',
      boost_from_average: '1',
      num_class: '0',
      num_feature: '2',
      num_target: '1',
    },
    objective: { name: 'binary:logistic', reg_loss_param: { scale_pos_weight: '1' } },
    gradient_booster: {
      name: 'gbtree',
      model: {
        gbtree_model_param: { num_parallel_tree: '1', num_trees: '2' },
        iteration_indptr: [0, 1, 2],
        tree_info: [0, 0],
        trees: trees.map((one, id) => ({ ...one, id })),
      },
    },
  },
};
const probability = ([first = 0, second = 0]: Float32Array) =>
  sigmoid((first >= 0.5 ? 0.25 : -0.75) + (second >= -2 ? -0.5 : 1.5));

modelEndpointContract(async () => {
  await hostVersion('propensity', VERSION, Buffer.from(JSON.stringify(forest)));
  return {
    endpoint: openModelEndpoint('propensity'),
    version: VERSION,
    columns: 2,
    expected: probability,
  };
});

test('a version is hosted on the endpoint it was put on, also when that was open before', async () => {
  const [one, other] = [openModelEndpoint('one'), openModelEndpoint('other')];
  const row = [Float32Array.of(1, 1)];
  const unavailable = { name: 'EndpointUnavailable' };
  await expect(one.predict(VERSION, row)).rejects.toMatchObject(unavailable);
  await hostVersion('one', VERSION, Buffer.from(JSON.stringify(forest)));
  expect(await one.predict(VERSION, row)).toEqual([Math.fround(sigmoid(-0.25))]);
  await expect(other.predict(VERSION, row)).rejects.toMatchObject(unavailable);
});
