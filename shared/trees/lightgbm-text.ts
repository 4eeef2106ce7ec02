import { UnusableModel } from '../errors.ts';
import { LIMITS } from './check-forest.ts';
import type { Forest, Objective } from './forest.ts';
import { ForestBuilder } from './forest-builder.ts';

/** LightGBM's names; its `binary` must be unscaled (sigmoid:1). */
const OBJECTIVES: Readonly<Record<string, Objective>> = {
  binary: 'binary:logistic',
  cross_entropy: 'reg:logistic',
  regression: 'reg:squarederror',
  regression_l1: 'reg:absoluteerror',
  quantile: 'reg:quantileerror',
  poisson: 'count:poisson',
  gamma: 'reg:gamma',
  tweedie: 'reg:tweedie',
};

type Section = ReadonlyMap<string, string>;

/**
 * Reads the text that LightGBM 2 to 4 writes (`save_model`); its `src/io/tree.cpp` and
 * `gbdt_model_text.cpp` are the definition.
 * @throws UnusableModel with tree and field
 */
export function readLightgbmText(bytes: Uint8Array): Forest {
  const [header, ...trees] = sectionsOf(textOf(bytes));
  if (!header || trees.length === 0) return fail('header', 'no trees');
  for (const key of ['num_class', 'num_tree_per_iteration'])
    if (numberIn(header, key, 'header') !== 1)
      fail(
        'header',
        `${key} is ${header.get(key)}: a model of several outputs has several margins`,
      );
  const featureCount = numberIn(header, 'max_feature_idx', 'header') + 1;
  const announced = header.get('tree_sizes')?.split(' ').length;
  if (announced !== undefined && announced !== trees.length)
    fail('header', `${trees.length} trees, tree_sizes has ${announced}`);
  const builder = new ForestBuilder();
  for (const [index, tree] of trees.entries()) addTree(builder, tree, `Tree=${index}`);
  return builder.build({
    objective: objectiveOf(header.get('objective') ?? ''),
    rules: 'lightgbm',
    featureCount,
    featureNames: header.get('feature_names')?.split(' ') ?? null,
    baseMargin: 0,
    averaged: header.has('average_output'),
  });
}

function fail(place: string, reason: string): never {
  throw new UnusableModel(`LightGBM model, ${place}: ${reason}`);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fail('text', 'not UTF-8');
  }
}

/** Fields of the header and of each tree; what follows `end of trees` is not evaluated. */
function sectionsOf(text: string): Section[] {
  const lines = text.split(/\r?\n/);
  if (lines[0] !== 'tree') fail('line 1', "does not begin with 'tree'");
  const sections = [new Map<string, string>()];
  for (const line of lines) {
    if (line === 'end of trees') return sections;
    const equals = line.indexOf('=');
    const key = equals < 0 ? line : line.slice(0, equals);
    const value = equals < 0 ? '' : line.slice(equals + 1);
    if (key === 'Tree') {
      if (Number(value) !== sections.length - 1)
        fail(line, `tree ${sections.length - 1} is missing`);
      sections.push(new Map());
    } else sections.at(-1)?.set(key, value);
  }
  return fail('end', "no line 'end of trees': the file is cut off");
}

function objectiveOf(text: string): Objective {
  const [name = '', ...options] = text.split(' ');
  const objective = Object.hasOwn(OBJECTIVES, name) ? OBJECTIVES[name] : undefined;
  if (objective === undefined) fail('objective', `'${text}' is not known here`);
  if (options.includes('sqrt')) fail('objective', 'predictions are squared (reg_sqrt)');
  const sigmoid = options.find((option) => option.startsWith('sigmoid:'));
  if (sigmoid !== undefined && sigmoid !== 'sigmoid:1')
    fail('objective', `${sigmoid}: only sigmoid:1 gives log-odds`);
  return objective;
}

function numberIn(section: Section, key: string, place: string): number {
  const text = section.get(key);
  const number = Number(text);
  if (text === undefined || text === '' || !Number.isInteger(number) || number < 0)
    fail(place, `${key} is ${text}`);
  return number;
}

/** C prints infinities and not-a-numbers in its own way. */
function parseNumber(text: string): number {
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return text === '' ? Number.NaN : Number(text);
}

function addTree(builder: ForestBuilder, tree: Section, place: string): void {
  if (tree.get('is_linear') === '1') fail(place, 'linear leaves are not evaluated here');
  const leaves = numberIn(tree, 'num_leaves', place);
  if (leaves < 1 || leaves > LIMITS.nodes / 2) fail(place, `num_leaves is ${leaves}`);
  const splits = leaves - 1;
  const list = (key: string, count: number): readonly number[] => {
    const text = tree.get(key) ?? '';
    const numbers = text === '' ? [] : text.trim().split(' ').map(parseNumber);
    if (numbers.length !== count)
      fail(place, `${key} has ${numbers.length} numbers instead of ${count}`);
    const wrong = numbers.findIndex(Number.isNaN);
    if (wrong >= 0) fail(place, `${key}, number ${wrong}, is none`);
    return numbers;
  };
  const leafValue = list('leaf_value', leaves);
  if (splits === 0) {
    builder.addTree(0, 1, () => ({ value: leafValue[0] as number, cover: 0 }));
    return;
  }
  const feature = list('split_feature', splits);
  const threshold = list('threshold', splits);
  const decision = list('decision_type', splits);
  const left = list('left_child', splits);
  const right = list('right_child', splits);
  const gain = list('split_gain', splits);
  const leafCount = list('leaf_count', leaves);
  const splitCount = list('internal_count', splits);
  const categories = categoriesOf(tree, list, place);

  /** Splits keep their numbers; leaf i is node splits + i, in the file ~i. */
  const child = (number: number): number => {
    const node = number < 0 ? splits + ~number : number;
    if (!Number.isInteger(number) || node >= splits + leaves) fail(place, `child ${number}`);
    return node;
  };
  builder.addTree(0, splits + leaves, (node) => {
    if (node >= splits)
      return {
        value: leafValue[node - splits] as number,
        cover: leafCount[node - splits] as number,
      };
    const type = decision[node] as number;
    const isCategorical = (type & 1) === 1;
    return {
      feature: feature[node] as number,
      threshold: isCategorical ? 0 : (threshold[node] as number),
      left: child(left[node] as number),
      right: child(right[node] as number),
      missingLeft: (type & 2) === 2,
      missing: (type >> 2) & 3,
      categories: isCategorical ? categories(threshold[node] as number) : null,
      gain: gain[node] as number,
      cover: splitCount[node] as number,
    };
  });
}

/** Bit sets, all in one list of 32-bit words with boundaries; a split's threshold numbers its set. */
function categoriesOf(
  tree: Section,
  list: (key: string, count: number) => readonly number[],
  place: string,
): (set: number) => Uint32Array {
  const sets = tree.has('num_cat') ? numberIn(tree, 'num_cat', place) : 0;
  if (sets === 0) return () => fail(place, 'a categorical split, but num_cat is 0');
  const boundaries = list('cat_boundaries', sets + 1);
  const words = list('cat_threshold', boundaries.at(-1) ?? 0);
  return (set) => {
    const first = boundaries[set] ?? Number.NaN;
    const end = boundaries[set + 1] ?? Number.NaN;
    if (!(first >= 0 && first <= end && end <= words.length) || end * 32 > LIMITS.category)
      fail(place, `category set ${set} is not there`);
    const categories: number[] = [];
    for (let word = first; word < end; word++)
      for (let bit = 0; bit < 32; bit++)
        if (((words[word] as number) >>> bit) & 1) categories.push((word - first) * 32 + bit);
    return Uint32Array.from(categories);
  };
}
