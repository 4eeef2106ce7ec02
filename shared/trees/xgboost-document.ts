import { UnusableModel } from '../errors.ts';
import { LIMITS } from './check-forest.ts';
import { type Forest, Missing } from './forest.ts';
import { ForestBuilder } from './forest-builder.ts';
import { isObjective } from './objective.ts';
import { marginOfBaseScore } from './xgboost-base-score.ts';

/**
 * XGBoost's model document, whether it came as JSON or UBJSON (its `doc/model.schema`; checked
 * against files of 1.7, 2.1 and 3.2).
 * @throws UnusableModel with the path of what cannot be used
 */
export function forestOfDocument(document: unknown): Forest {
  const learner = objectIn(objectIn({ model: document }, 'model', ''), 'learner', '');
  const parameters = objectIn(learner, 'learner_model_param', 'learner');
  const booster = objectIn(learner, 'gradient_booster', 'learner');
  const path = 'learner.gradient_booster';
  if (booster['name'] !== 'gbtree')
    fail(`${path}.name`, `only gbtree is evaluated here, not ${shown(booster['name'])}`);
  for (const key of ['num_class', 'num_target'])
    if (parameters[key] !== undefined && numberOf(parameters[key], key) > 1)
      fail(`learner.learner_model_param.${key}`, 'a model of several outputs has several margins');
  const objective = shown(objectIn(learner, 'objective', 'learner')['name']);
  if (!isObjective(objective)) fail('learner.objective.name', `${objective} is not known here`);
  const model = objectIn(booster, 'model', path);
  const trees = model['trees'];
  if (!Array.isArray(trees)) fail(`${path}.model.trees`, 'no list');
  const announced = objectIn(model, 'gbtree_model_param', `${path}.model`)['num_trees'];
  if (numberOf(announced, 'num_trees') !== trees.length)
    fail(`${path}.model.trees`, `${trees.length} trees, ${shown(announced)} are announced`);
  const featureCount = wholeOf(parameters['num_feature'], 'num_feature', LIMITS.features);
  const builder = new ForestBuilder();
  for (const [index, tree] of trees.entries())
    addTree(builder, tree, `${path}.model.trees[${index}]`);
  return builder.build({
    objective,
    rules: 'xgboost',
    featureCount,
    featureNames: namesIn(learner),
    baseMargin: baseMarginOf(parameters['base_score'], objective),
    averaged: false,
  });
}

type Fields = Readonly<Record<string, unknown>>;

function fail(path: string, reason: string): never {
  throw new UnusableModel(`XGBoost model, ${path}: ${reason}`);
}

function objectIn(parent: Fields, key: string, path: string): Fields {
  const value = parent[key];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    fail(path === '' ? key : `${path}.${key}`, 'no object');
  return value as Fields;
}

/** Objects of a file have no prototype, so `String` would throw. */
function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Parameters are numbers in quotes. */
function numberOf(value: unknown, path: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number))
    fail(path, `${shown(value)} is no number`);
  return number;
}

function wholeOf(value: unknown, path: string, most: number): number {
  const number = numberOf(value, path);
  if (!Number.isInteger(number) || number < 0 || number > most)
    fail(path, `${number} is not a whole number up to ${most}`);
  return number;
}

function namesIn(learner: Fields): readonly string[] | null {
  const names = learner['feature_names'];
  if (!Array.isArray(names) || names.length === 0) return null;
  return names.map(shown);
}

/** A scalar up to 3.0; from 3.1 a list in brackets. */
function baseMarginOf(text: unknown, objective: Forest['objective']): number {
  const path = 'learner.learner_model_param.base_score';
  const list = /^\[(.*)\]$/.exec(shown(text));
  const margin = marginOfBaseScore(numberOf(list ? list[1] : text, path), objective);
  if (Number.isNaN(margin)) fail(path, `${shown(text)} is outside the range of ${objective}`);
  return margin;
}

function addTree(builder: ForestBuilder, document: unknown, path: string): void {
  const tree = objectIn({ tree: document }, 'tree', path);
  const parameters = objectIn(tree, 'tree_param', path);
  if (
    parameters['size_leaf_vector'] !== undefined &&
    numberOf(parameters['size_leaf_vector'], path) > 1
  )
    fail(`${path}.tree_param.size_leaf_vector`, 'leaves of several outputs are not evaluated here');
  const count = wholeOf(parameters['num_nodes'], `${path}.tree_param.num_nodes`, LIMITS.nodes);
  const column = (key: string): ArrayLike<unknown> => listIn(tree, key, path, count);
  const left = column('left_children');
  const right = column('right_children');
  const feature = column('split_indices');
  const condition = column('split_conditions');
  const defaultLeft = column('default_left');
  const gain = column('loss_changes');
  const cover = column('sum_hessian');
  const categories = categoriesOf(tree, path, count);

  builder.addTree(0, count, (node) => {
    const at = (key: string) => `${path}.${key}[${node}]`;
    if (node >= count) fail(path, `node ${node} of ${count}`);
    const number = () => Math.fround(numberOf(condition[node], at('split_conditions')));
    const nodeCover = Math.fround(numberOf(cover[node], at('sum_hessian')));
    if (numberOf(left[node], at('left_children')) === -1)
      return { value: number(), cover: nodeCover };
    const set = categories(node);
    return {
      feature: wholeOf(feature[node], at('split_indices'), LIMITS.features),
      threshold: set === null ? number() : 0,
      left: wholeOf(left[node], at('left_children'), count - 1),
      right: wholeOf(right[node], at('right_children'), count - 1),
      missingLeft: Boolean(defaultLeft[node]),
      missing: Missing.nan,
      categories: set,
      gain: Math.fround(numberOf(gain[node], at('loss_changes'))),
      cover: nodeCover,
    };
  });
}

function listIn(tree: Fields, key: string, path: string, count: number | null): ArrayLike<unknown> {
  const list = tree[key];
  if (!Array.isArray(list) && !(list instanceof Float64Array)) fail(`${path}.${key}`, 'no list');
  if (count !== null && list.length !== count)
    fail(`${path}.${key}`, `${list.length} entries for ${count} nodes`);
  return list;
}

/** The categories that go right at a node, null for a numeric split. */
function categoriesOf(
  tree: Fields,
  path: string,
  count: number,
): (node: number) => Uint32Array | null {
  if (tree['split_type'] === undefined) return () => null; // before 1.3
  const types = listIn(tree, 'split_type', path, count);
  const nodes = listIn(tree, 'categories_nodes', path, null);
  const segments = listIn(tree, 'categories_segments', path, nodes.length);
  const sizes = listIn(tree, 'categories_sizes', path, nodes.length);
  const categories = listIn(tree, 'categories', path, null);
  const segmentOf = new Map(
    Array.from(nodes, (node, index) => [
      wholeOf(node, `${path}.categories_nodes[${index}]`, count - 1),
      index,
    ]),
  );
  return (node) => {
    if (wholeOf(types[node], `${path}.split_type[${node}]`, 1) === 0) return null;
    const index = segmentOf.get(node);
    if (index === undefined) fail(`${path}.categories_nodes`, `node ${node} has no categories`);
    const at = (key: string) => `${path}.${key}[${index}]`;
    const first = wholeOf(segments[index], at('categories_segments'), categories.length);
    const size = wholeOf(sizes[index], at('categories_sizes'), categories.length - first);
    return Uint32Array.from({ length: size }, (_, offset) =>
      wholeOf(
        categories[first + offset],
        `${path}.categories[${first + offset}]`,
        LIMITS.category - 1,
      ),
    );
  };
}
