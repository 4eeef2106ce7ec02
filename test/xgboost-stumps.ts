/** A split of one column; what is missing goes left. */
export interface Stump {
  readonly column: number;
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
}

/** A `binary:logistic` model of trees of one split, in XGBoost's JSON; its margin is their sum. */
export function xgboostStumps(columns: readonly string[], stumps: readonly Stump[]): Buffer {
  const trees = stumps.map(({ column, threshold, left, right }, id) => ({
    tree_param: {
      num_deleted: '0',
      num_feature: String(columns.length),
      num_nodes: '3',
      size_leaf_vector: '1',
    },
    id,
    loss_changes: [1, 0, 0],
    sum_hessian: [2, 1, 1],
    base_weights: [0, left, right],
    left_children: [1, -1, -1],
    right_children: [2, -1, -1],
    parents: [2147483647, 0, 0],
    split_indices: [column, 0, 0],
    split_conditions: [threshold, left, right],
    split_type: [0, 0, 0],
    default_left: [1, 0, 0],
    categories: [],
    categories_nodes: [],
    categories_segments: [],
    categories_sizes: [],
  }));
  const model = {
    version: [3, 0, 0],
    learner: {
      attributes: {},
      feature_names: columns,
      feature_types: columns.map(() => 'float'),
      learner_model_param: {
        base_score: '5E-1',
        boost_from_average: '1',
        num_class: '0',
        num_feature: String(columns.length),
        num_target: '1',
      },
      objective: { name: 'binary:logistic', reg_loss_param: { scale_pos_weight: '1' } },
      gradient_booster: {
        name: 'gbtree',
        model: {
          gbtree_model_param: { num_parallel_tree: '1', num_trees: String(trees.length) },
          iteration_indptr: [0, ...trees.map((_, id) => id + 1)],
          tree_info: trees.map(() => 0),
          trees,
        },
      },
    },
  };
  return Buffer.from(JSON.stringify(model));
}
