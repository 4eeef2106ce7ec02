import type { Forest } from '../shared/trees/forest.ts';

/**
 * A forest of numeric splits under XGBoost's rules as an ONNX model: one `TreeEnsembleRegressor` from
 * `rows` [n, features] to `margins` [n, 1]. Field numbers as in onnx.proto3.
 */
export function onnxModel(forest: Forest): Uint8Array {
  const { starts, feature, left, right, threshold, value, missingLeft } = forest;
  const trees: number[] = [];
  const nodes: number[] = [];
  for (let tree = 0; tree + 1 < starts.length; tree++)
    for (let node = starts[tree] as number; node < (starts[tree + 1] as number); node++) {
      trees.push(tree);
      nodes.push(node);
    }
  const isLeaf = (node: number) => (feature[node] as number) < 0;
  const inTree = (node: number, child: number) => child - (starts[trees[node] as number] as number);
  const leaves = nodes.filter(isLeaf);
  const ensemble = [
    text(1, 'rows'),
    text(2, 'margins'),
    text(4, 'TreeEnsembleRegressor'),
    integers('nodes_treeids', trees),
    integers(
      'nodes_nodeids',
      nodes.map((node) => inTree(node, node)),
    ),
    integers(
      'nodes_featureids',
      nodes.map((node) => Math.max(0, feature[node] as number)),
    ),
    floats(
      'nodes_values',
      nodes.map((node) => threshold[node] as number),
    ),
    strings(
      'nodes_modes',
      nodes.map((node) => (isLeaf(node) ? 'LEAF' : 'BRANCH_LT')),
    ),
    integers(
      'nodes_truenodeids',
      nodes.map((node) => (isLeaf(node) ? 0 : inTree(node, left[node] as number))),
    ),
    integers(
      'nodes_falsenodeids',
      nodes.map((node) => (isLeaf(node) ? 0 : inTree(node, right[node] as number))),
    ),
    integers(
      'nodes_missing_value_tracks_true',
      nodes.map((node) => missingLeft[node] as number),
    ),
    integers(
      'target_treeids',
      leaves.map((node) => trees[node] as number),
    ),
    integers(
      'target_nodeids',
      leaves.map((node) => inTree(node, node)),
    ),
    integers(
      'target_ids',
      leaves.map(() => 0),
    ),
    floats(
      'target_weights',
      leaves.map((node) => value[node] as number),
    ),
    floats('base_values', [forest.baseMargin]),
    message(5, [text(1, 'n_targets'), varint(3, 1), varint(20, 2)]),
    text(7, 'ai.onnx.ml'),
  ];
  const graph = [
    message(1, ensemble),
    text(2, 'forest'),
    message(11, tensor('rows', forest.featureCount)),
    message(12, tensor('margins', 1)),
  ];
  return Buffer.concat([
    varint(1, 8),
    message(7, graph),
    message(8, [text(1, ''), varint(2, 15)]),
    message(8, [text(1, 'ai.onnx.ml'), varint(2, 3)]),
  ]);
}

/** A named tensor of float32, any number of rows. */
function tensor(name: string, width: number): Buffer[] {
  const shape = message(2, [message(1, [text(2, 'n')]), message(1, [varint(1, width)])]);
  return [text(1, name), message(2, [message(1, [varint(1, 1), shape])])];
}

function integers(name: string, values: readonly number[]): Buffer {
  return message(5, [text(1, name), message(8, values.map(bare)), varint(20, 7)]);
}

function floats(name: string, values: readonly number[]): Buffer {
  const bytes = Buffer.from(Float32Array.from(values).buffer);
  return message(5, [text(1, name), message(7, [bytes]), varint(20, 6)]);
}

function strings(name: string, values: readonly string[]): Buffer {
  return message(5, [text(1, name), ...values.map((value) => text(9, value)), varint(20, 8)]);
}

function text(field: number, value: string): Buffer {
  return message(field, [Buffer.from(value)]);
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([bare(field * 8 + 2), bare(body.length), body]);
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([bare(field * 8), bare(value)]);
}

/** Seven bits a byte, the lowest first. */
function bare(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
