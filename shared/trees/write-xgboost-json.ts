import { InvalidRequest } from '../errors.ts';
import type { Forest, Objective } from './forest.ts';
import { inverseLink } from './objective.ts';

/** Of the files' form: XGBoost from 1.7 on opens it. */
const VERSION = '[2,1,0]';

/** The objective's own parameters; none of them bears on predictions. */
const OBJECTIVE_PARAMETERS: Readonly<Partial<Record<Objective, string>>> = {
  'reg:tweedie': '"tweedie_regression_param":{"tweedie_variance_power":"1.5"}',
  'count:poisson': '"poisson_regression_param":{"max_delta_step":"0.7"}',
  'reg:pseudohubererror': '"pseudo_huber_param":{"huber_slope":"1"}',
  'reg:quantileerror': '"quantile_loss_param":{"quantile_alpha":"[5E-1]"}',
};
const PLAIN_PARAMETERS = '"reg_loss_param":{"scale_pos_weight":"1"}';

/**
 * The forest as XGBoost's model file in JSON. Read back, by XGBoost or here, it gives the same
 * margins.
 * @throws InvalidRequest for a forest of LightGBM's rules, which XGBoost's file cannot say
 */
export function writeXgboostJson(forest: Forest): string {
  if (forest.rules !== 'xgboost' || forest.averaged) {
    throw new InvalidRequest(
      'a LightGBM model cannot be written as an XGBoost file: its splits are float64 and ≤',
    );
  }
  const treeCount = forest.starts.length - 1;
  const { featureCount, featureNames, objective } = forest;
  const names = JSON.stringify(featureNames ?? []);
  const types = JSON.stringify(featureNames === null ? [] : featureTypes(forest));
  const trees = Array.from({ length: treeCount }, (_, tree) => treeJson(forest, tree));
  const rounds = Array.from({ length: treeCount + 1 }, (_, round) => round);
  const score = float32Text(Math.fround(inverseLink(objective)(forest.baseMargin)));
  const model = `{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"${treeCount}"},"iteration_indptr":[${rounds}],"tree_info":[${rounds.slice(1).fill(0)}],"trees":[${trees}]}`;
  const parameters = `{"base_score":"${score}","boost_from_average":"1","num_class":"0","num_feature":"${featureCount}","num_target":"1"}`;
  return `{"learner":{"attributes":{},"feature_names":${names},"feature_types":${types},"gradient_booster":{"model":${model},"name":"gbtree"},"learner_model_param":${parameters},"objective":{"name":"${objective}",${OBJECTIVE_PARAMETERS[objective] ?? PLAIN_PARAMETERS}}},"version":${VERSION}}`;
}

function featureTypes({ feature, featureCount, categorySet }: Forest): readonly string[] {
  const types = new Array<string>(featureCount).fill('float');
  feature.forEach((column, node) => {
    if (column >= 0 && (categorySet[node] as number) >= 0) types[column] = 'c';
  });
  return types;
}

function treeJson(forest: Forest, tree: number): string {
  const from = forest.starts[tree] as number;
  const to = forest.starts[tree + 1] as number;
  const nodes = Array.from({ length: to - from }, (_, node) => from + node);
  const isLeaf = (node: number) => (forest.feature[node] as number) < 0;
  const child = (children: Int32Array) => (node: number) =>
    isLeaf(node) ? -1 : (children[node] as number) - from;
  const parents = new Int32Array(nodes.length).fill(ROOT_PARENT);
  const setsOfNodes = nodes.flatMap((node) => {
    const set = forest.categorySets[forest.categorySet[node] as number];
    return set === undefined ? [] : [{ node: node - from, categories: numbersIn(set) }];
  });
  for (const node of nodes.filter((node) => !isLeaf(node))) {
    parents[(forest.left[node] as number) - from] = node - from;
    parents[(forest.right[node] as number) - from] = node - from;
  }
  const floats = (of: (node: number) => number) =>
    nodes.map((node) => float32Text(Math.fround(of(node))));
  const value = (node: number) => forest.value[node] as number;
  const sizes = setsOfNodes.map(({ categories }) => categories.length);
  let end = 0;
  const segments = sizes.map((size) => {
    end += size;
    return end - size;
  });
  const fields = {
    base_weights: floats(value),
    categories: setsOfNodes.flatMap(({ categories }) => categories),
    categories_nodes: setsOfNodes.map(({ node }) => node),
    categories_segments: segments,
    categories_sizes: sizes,
    default_left: nodes.map((node) => forest.missingLeft[node] as number),
    id: tree,
    left_children: nodes.map(child(forest.left)),
    loss_changes: floats((node) => forest.gain[node] as number),
    parents: [...parents],
    right_children: nodes.map(child(forest.right)),
    split_conditions: floats((node) =>
      isLeaf(node) ? value(node) : (forest.threshold[node] as number),
    ),
    split_indices: nodes.map((node) => Math.max(0, forest.feature[node] as number)),
    split_type: nodes.map((node) => Number((forest.categorySet[node] as number) >= 0)),
    sum_hessian: floats((node) => forest.cover[node] as number),
  };
  const listed = Object.entries(fields).map(([name, list]) =>
    Array.isArray(list) ? `"${name}":[${list}]` : `"${name}":${list}`,
  );
  return `{${listed},"tree_param":{"num_deleted":"0","num_feature":"${forest.featureCount}","num_nodes":"${nodes.length}","size_leaf_vector":"1"}}`;
}

/** What XGBoost writes for the parent of a root. */
const ROOT_PARENT = 2_147_483_647;

function numbersIn(set: Uint32Array): readonly number[] {
  return Array.from({ length: 32 * set.length }, (_, number) => number).filter(
    (number) => ((set[number >> 5] as number) >>> (number & 31)) & 1,
  );
}

/** The fewest digits that give the float32 back, in a form no reader takes for an integer. */
function float32Text(value: number): string {
  for (let digits = 6; ; digits++) {
    const text = value.toExponential(digits - 1);
    if (digits === 9 || Math.fround(Number(text)) === value) return trimmed(text);
  }
}

/** 1.500000e+1 → 1.5E1 */
function trimmed(text: string): string {
  const [mantissa, exponent] = text.split('e') as [string, string];
  const digits = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return `${digits}E${Number(exponent)}`;
}
