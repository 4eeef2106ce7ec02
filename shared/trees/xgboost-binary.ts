import { UnusableModel } from '../errors.ts';
import { LIMITS } from './check-forest.ts';
import { type Forest, Missing } from './forest.ts';
import { ForestBuilder } from './forest-builder.ts';
import { isObjective } from './objective.ts';
import { marginOfBaseScore } from './xgboost-base-score.ts';

const MAGIC = 'binf';
const LEARNER_BYTES = 136;
const BOOSTER_BYTES = 160;
const TREE_BYTES = 148;
const NODE_BYTES = 20;
const STATISTICS_BYTES = 16;
const LONGEST_NAME = 256;

export function isXgboostBinary(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/**
 * Reads XGBoost's own binary form, which versions 1.0 to 2.0 wrote where a file name has neither
 * `.json` nor `.ubj`: so SageMaker's containers up to 1.7. It is a dump of C structures, little-endian
 * (`LearnerModelParamLegacy`, `GBTreeModelParam`, `RegTree`), and knows no categorical splits.
 * @throws UnusableModel with the byte offset
 */
export function readXgboostBinary(bytes: Uint8Array): Forest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const fail = (reason: string): never => {
    throw new UnusableModel(`XGBoost binary model, byte ${at}: ${reason}`);
  };
  /** The address of the next structure. */
  const take = (size: number): number => {
    if (size > bytes.length - at) fail(`ends early, ${size} bytes are due`);
    at += size;
    return at - size;
  };
  const name = (): string => {
    const length = Number(view.getBigUint64(take(8), true));
    if (length > LONGEST_NAME) fail(`a name of ${length} bytes`);
    const start = take(length);
    return Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
  };

  take(MAGIC.length);
  const learner = take(LEARNER_BYTES);
  const featureCount = view.getUint32(learner + 4, true);
  const major = view.getUint32(learner + 20, true);
  if (major !== 1 && major !== 2) fail(`version ${major}: 1 and 2 are read here`);
  if (view.getInt32(learner + 8, true) > 1 || view.getUint32(learner + 28, true) > 1)
    fail('a model of several outputs has several margins');
  const objective = name();
  if (!isObjective(objective)) return fail(`objective ${objective} is not known here`);
  const booster = name();
  if (booster !== 'gbtree') fail(`only gbtree is evaluated here, not ${booster}`);
  const baseScore = view.getFloat32(learner, true);
  const baseMargin = marginOfBaseScore(baseScore, objective);
  if (Number.isNaN(baseMargin))
    fail(`base_score ${baseScore} is outside the range of ${objective}`);

  const trees = view.getInt32(take(BOOSTER_BYTES), true);
  if (trees < 0 || trees > LIMITS.trees) fail(`${trees} trees`);
  const builder = new ForestBuilder();
  for (let tree = 0; tree < trees; tree++) {
    const parameters = take(TREE_BYTES);
    const count = view.getInt32(parameters + 4, true);
    if (count < 1 || count > LIMITS.nodes) fail(`tree ${tree} has ${count} nodes`);
    if (view.getInt32(parameters + 20, true) > 1)
      fail(`tree ${tree} has leaves of several outputs`);
    const nodes = take(count * NODE_BYTES);
    const statistics = take(count * STATISTICS_BYTES);
    builder.addTree(0, count, (node) => {
      if (node < 0 || node >= count) return fail(`tree ${tree}: node ${node} of ${count}`);
      const address = nodes + node * NODE_BYTES;
      const gain = view.getFloat32(statistics + node * STATISTICS_BYTES, true);
      const cover = view.getFloat32(statistics + node * STATISTICS_BYTES + 4, true);
      const left = view.getInt32(address + 4, true);
      const number = view.getFloat32(address + 16, true);
      if (left === -1) return { value: number, cover };
      const split = view.getUint32(address + 12, true);
      return {
        feature: split & 0x7fffffff,
        threshold: number,
        left,
        right: view.getInt32(address + 8, true),
        missingLeft: split >>> 31 === 1,
        missing: Missing.nan,
        categories: null,
        gain,
        cover,
      };
    });
  }
  // biome-ignore format: the header of a forest
  return builder.build({ objective, rules: 'xgboost', featureCount, featureNames: null, baseMargin, averaged: false });
}
