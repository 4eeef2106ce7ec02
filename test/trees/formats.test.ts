import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UnusableModel } from '../../shared/errors.ts';
import { checkForest } from '../../shared/trees/check-forest.ts';
import { readCompact, writeCompact } from '../../shared/trees/compact-forest.ts';
import { compileForest } from '../../shared/trees/evaluate.ts';
import type { Forest } from '../../shared/trees/forest.ts';
import { inverseLink } from '../../shared/trees/objective.ts';
import { readForest } from '../../shared/trees/read-forest.ts';
import { forestOfDocument } from '../../shared/trees/xgboost-document.ts';
import { arbitraryForest } from './arbitrary-forest.ts';
import { FIXTURES, referenceModels } from './reference-models.ts';

const models = ['current', 'xgboost-1.7'].flatMap((folder) =>
  referenceModels(join(FIXTURES, folder)).map((model) => ({ ...model, folder })),
);
const files = models.flatMap(({ folder, name, files, ...reference }) =>
  files.map(({ format, bytes }) => ({ file: `${folder}/${name}.${format}`, bytes, reference })),
);

describe('readForest', () => {
  test.each(files)('$file gives the margins of the library', ({ bytes, reference }) => {
    const forest = readForest(bytes);
    const { margin } = compileForest(forest);
    const predict = inverseLink(forest.objective);
    for (let index = 0; index < reference.count; index++) {
      const row = reference.rows.subarray(
        index * reference.features,
        (index + 1) * reference.features,
      );
      const got = margin(row);
      const prediction = reference.predictions[index] as number;
      expect(got).toBe(reference.margins[index]);
      expect(Math.abs(predict(got) / prediction - 1)).toBeLessThan(2e-7);
    }
  });

  test.each(files)('$file, cut off anywhere, is refused', ({ bytes }) => {
    // Whole in what is evaluated, LightGBM's text goes on with parameters.
    const end = bytes.indexOf('\nend of trees\n');
    fc.assert(
      fc.property(fc.nat(end < 0 ? bytes.length - 1 : end), (length) => {
        expect(outcome(bytes.subarray(0, length))).toBe('refused');
      }),
      { numRuns: 40 },
    );
  });

  test.each(files)('$file, damaged anywhere, is refused or a forest', ({ bytes }) => {
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, byte] of changes) damaged[at] = byte;
        outcome(damaged);
      }),
      { numRuns: 60 },
    );
  });

  test('any bytes are refused or a forest', () => {
    const starts = ['', '{', '{L', '{i', 'tree\n', 'binf', 'foresttr', '\x1f\x8b'];
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        outcome(Buffer.concat([Buffer.from(start, 'latin1'), rest]));
      }),
      { numRuns: 300 },
    );
  });
});

test('any value in the place of any other of an XGBoost document is refused or a forest', () => {
  const anything = fc.oneof(
    fc.constantFrom<unknown>(null, -1, 0.5, Number.NaN, 2 ** 31, '', '3', 'NaN', true, [], [[]]),
    fc.anything({ withNullPrototype: true, withTypedArray: true, maxDepth: 2 }),
  );
  fc.assert(
    fc.property(anything, fc.infiniteStream(fc.nat()), (value, choices) => {
      const document = JSON.parse(logistic.toString());
      let place = document;
      for (const choice of choices) {
        const keys = Object.keys(place);
        const key = keys[choice % keys.length] as string;
        if (typeof place[key] === 'object' && Object.keys(place[key]).length > 0 && choice % 5 > 0)
          place = place[key];
        else {
          place[key] = value;
          break;
        }
      }
      try {
        checkForest(forestOfDocument(document));
      } catch (error) {
        expect(error).toBeInstanceOf(UnusableModel);
      }
    }),
    { numRuns: 300 },
  );
});

const logistic = bytesOf('current/xgboost-logistic.json');
const lightgbm = bytesOf('current/lightgbm-binary.txt').toString();

describe('refused, with the place and reason', () => {
  test.each<[string, (tree: Tree) => void, RegExp]>([
    ['a cycle', (tree) => (tree.left_children[1] = 0), /trees\[0\]|tree 0.*(cycle|twice)/],
    ['two parents', (tree) => (tree.right_children[1] = 2), /tree 0.*two parents/],
    ['a child outside', (tree) => (tree.left_children[0] = 99), /left_children\[0\]: 99/],
    ['a column outside', (tree) => (tree.split_indices[0] = 8), /tree 0, node 0: .*column 8/],
    ['no number', (tree) => (tree.split_conditions[2] = 'x'), /split_conditions\[2\]: x is no/],
    ['a lost entry', (tree) => tree.sum_hessian.pop(), /trees\[0\]\.sum_hessian: \d+ entries/],
    ['a negative cover', (tree) => (tree.sum_hessian[1] = -1), /tree 0, node 1: cover -1/],
    ['a vector leaf', (tree) => (tree.tree_param.size_leaf_vector = '3'), /size_leaf_vector/],
  ])('XGBoost with %s', (_, change, reason) => {
    const document = JSON.parse(logistic.toString());
    change(document.learner.gradient_booster.model.trees[0]);
    expect(() => readForest(Buffer.from(JSON.stringify(document)))).toThrow(UnusableModel);
    expect(() => readForest(Buffer.from(JSON.stringify(document)))).toThrow(reason);
  });

  test.each([
    ['dart', '"name":"gbtree"', '"name":"dart"', /only gbtree .* not dart/],
    ['several classes', '"num_class":"0"', '"num_class":"3"', /num_class/],
    ['several targets', '"num_target":"1"', '"num_target":"2"', /num_target/],
    ['another objective', '"binary:logistic"', '"rank:pairwise"', /rank:pairwise/],
    ['a base score that is none', /"base_score":"[^"]*"/, '"base_score":"[2E0]"', /base_score/],
    ['two base scores', /"base_score":"[^"]*"/, '"base_score":"[5E-1,5E-1]"', /base_score/],
    ['NaN as a threshold', /"split_conditions":\[[^,]*,/, '"split_conditions":[NaN,', /NaN is no/],
    ['a tree less than announced', '"num_trees":"3"', '"num_trees":"4"', /3 trees, 4/],
  ])('XGBoost with %s', (_, from, to, reason) => {
    const text = logistic.toString();
    expect(text.replace(from, to)).not.toBe(text);
    expect(() => readForest(Buffer.from(text.replace(from, to)))).toThrow(UnusableModel);
    expect(() => readForest(Buffer.from(text.replace(from, to)))).toThrow(reason);
  });

  test.each([
    ['several classes', 'num_class=1', 'num_class=3', /num_class is 3/],
    ['linear leaves', 'is_linear=0', 'is_linear=1', /Tree=0: linear leaves/],
    ['another objective', 'objective=binary', 'objective=lambdarank', /lambdarank/],
    ['a scaled sigmoid', 'sigmoid:1', 'sigmoid:2', /sigmoid:2/],
    ['a cycle', /left_child=[^ ]*/, 'left_child=0', /tree 0.*(cycle|twice|two parents)/],
    ['a child outside', /left_child=[^ ]*/, 'left_child=-99', /Tree=0: child -99/],
    ['NaN in a leaf', /leaf_value=[^ ]*/, 'leaf_value=nan', /Tree=0: leaf_value, number 0/],
    ['a tree lost', /Tree=1/, 'Tree=2', /tree 1 is missing/],
    ['no end', 'end of trees', '', /cut off/],
  ])('LightGBM with %s', (_, from, to, reason) => {
    expect(lightgbm.replace(from, to)).not.toBe(lightgbm);
    expect(() => readForest(Buffer.from(lightgbm.replace(from, to)))).toThrow(UnusableModel);
    expect(() => readForest(Buffer.from(lightgbm.replace(from, to)))).toThrow(reason);
  });

  test('an artifact without the model, or with itself inside', () => {
    const artifact = bytesOf('current/xgboost-logistic.tar.gz');
    const tar = gunzipSync(artifact);
    tar.write('another-model', 'latin1');
    expect(() => readForest(gzipSync(tar))).toThrow('no member xgboost-model');
    const nested = gunzipSync(artifact);
    nested.set([0x1f, 0x8b], 512);
    expect(() => readForest(gzipSync(nested))).toThrow('itself compressed');
  });

  test('lengths that the file cannot have, without the memory for them', () => {
    const ubjson = Buffer.from('{i\x01a[$d#l\x7f\xff\xff\xff', 'latin1');
    expect(() => readForest(ubjson)).toThrow(/ends early/);
    const ones = Buffer.from('{i\x01a[$Z#l\x7f\xff\xff\xff', 'latin1');
    expect(() => readForest(ones)).toThrow(/ends early/);
  });
});

test('infinite thresholds of LightGBM are read', () => {
  const text = lightgbm.replace(/threshold=[^ ]*/, 'threshold=inf');
  const forest = readForest(Buffer.from(text));
  expect(forest.threshold[0]).toBe(Number.POSITIVE_INFINITY);
  const row = new Float64Array(forest.featureCount).fill(Number.POSITIVE_INFINITY);
  const left = compileForest(forest, { kernel: 'typed-array' }).margin(row);
  expect(compileForest(forest).margin(row)).toBe(left);
});

describe('the compact form', () => {
  test('gives the same forest back', () => {
    fc.assert(
      fc.property(arbitraryForest(5, 3), fc.nat(7), (forest, offset) => {
        checkForest(forest);
        const bytes = writeCompact(forest);
        const shifted = new Uint8Array(bytes.length + offset).subarray(offset);
        shifted.set(bytes);
        const read = readCompact(shifted);
        expect(evaluated(read)).toEqual(evaluated(forest));
        expect(writeCompact(read)).toEqual(bytes);
      }),
    );
  });

  test('is refused when any byte differs', () => {
    const bytes = writeCompact(readForest(logistic));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = (damaged[at] as number) ^ change;
        expect(() => readCompact(damaged)).toThrow(UnusableModel);
      }),
    );
  });
});

type Column = (number | string)[];

interface Tree {
  readonly left_children: Column;
  readonly right_children: Column;
  readonly split_indices: Column;
  readonly split_conditions: Column;
  readonly sum_hessian: Column;
  readonly tree_param: Record<string, string>;
}

function outcome(bytes: Uint8Array): 'refused' | 'read' {
  try {
    checkForest(readForest(bytes));
    return 'read';
  } catch (error) {
    if (error instanceof UnusableModel) return 'refused';
    throw error;
  }
}

function bytesOf(file: string): Buffer {
  return files.find((one) => one.file === file)?.bytes as Buffer;
}

/** A leaf has no threshold and no way for missing values. */
function evaluated(forest: Forest): Forest {
  return {
    ...forest,
    threshold: forest.threshold.map((threshold, node) =>
      (forest.feature[node] as number) < 0 ? 0 : threshold,
    ),
  };
}
