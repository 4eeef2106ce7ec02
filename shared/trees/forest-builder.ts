import { UnusableModel } from '../errors.ts';
import { checkForest, LIMITS } from './check-forest.ts';
import { type Forest, Missing } from './forest.ts';

/** A split as a file has it; children by the file's numbers. */
export interface FileSplit {
  readonly feature: number;
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
  readonly missingLeft: boolean;
  readonly missing: number;
  /** Categories in the set, or null for a numeric split. */
  readonly categories: Uint32Array | null;
  readonly gain: number;
  readonly cover: number;
}

export interface FileLeaf {
  readonly value: number;
  readonly cover: number;
}

type Header = Pick<
  Forest,
  'objective' | 'rules' | 'featureCount' | 'featureNames' | 'baseMargin' | 'averaged'
>;

/** Collects trees whose nodes a file numbers in its own way, and may number ones it has pruned. */
export class ForestBuilder {
  readonly #starts: number[] = [0];
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #missingLeft: number[] = [];
  readonly #missing: number[] = [];
  readonly #categorySet: number[] = [];
  readonly #categorySets: Uint32Array[] = [];
  #categoryWords = 0;
  readonly #value: number[] = [];
  readonly #cover: number[] = [];
  readonly #gain: number[] = [];

  /**
   * Adds what is reachable from `root`, breadth first.
   * @param nodeCount of the file's tree: the bound of what can be reached
   * @throws UnusableModel where a node is reached twice
   */
  addTree(root: number, nodeCount: number, nodeAt: (node: number) => FileSplit | FileLeaf): void {
    const tree = this.#starts.length - 1;
    const start = this.#feature.length;
    if (tree >= LIMITS.trees || start + nodeCount > LIMITS.nodes)
      throw new UnusableModel(`tree ${tree}: more trees or nodes than are read here`);
    const queue = [root];
    for (const node of queue) {
      if (queue.length > nodeCount)
        throw new UnusableModel(
          `tree ${tree}, node ${node}: reached twice: a cycle or two parents`,
        );
      const read = nodeAt(node);
      if ('value' in read) {
        this.#add(read, start, 0);
        continue;
      }
      this.#add(read, start, queue.length);
      queue.push(read.left, read.right);
    }
    this.#starts.push(this.#feature.length);
  }

  #add(node: FileSplit | FileLeaf, start: number, firstChild: number): void {
    const split = 'value' in node ? null : node;
    this.#feature.push(split?.feature ?? -1);
    this.#threshold.push(split?.threshold ?? 0);
    this.#left.push(split ? start + firstChild : -1);
    this.#right.push(split ? start + firstChild + 1 : -1);
    this.#missingLeft.push(split?.missingLeft ? 1 : 0);
    this.#missing.push(split?.missing ?? Missing.nan);
    this.#categorySet.push(split?.categories ? this.#addSet(split.categories) : -1);
    this.#value.push('value' in node ? node.value : 0);
    this.#cover.push(node.cover);
    this.#gain.push(split?.gain ?? 0);
  }

  #addSet(categories: Uint32Array): number {
    let words = 0;
    for (const category of categories) words = Math.max(words, (category >>> 5) + 1);
    this.#categoryWords += words;
    if (this.#categoryWords > LIMITS.categoryWords)
      throw new UnusableModel('the category sets are larger than is read here');
    const set = new Uint32Array(words);
    for (const category of categories) {
      const word = category >>> 5;
      set[word] = (set[word] as number) | (1 << (category & 31));
    }
    return this.#categorySets.push(set) - 1;
  }

  /** @throws UnusableModel where the trees are not a forest that can be evaluated */
  build(header: Header): Forest {
    return checkForest({
      ...header,
      starts: Int32Array.from(this.#starts),
      feature: Int32Array.from(this.#feature),
      threshold: Float64Array.from(this.#threshold),
      left: Int32Array.from(this.#left),
      right: Int32Array.from(this.#right),
      missingLeft: Uint8Array.from(this.#missingLeft),
      missing: Uint8Array.from(this.#missing),
      categorySet: Int32Array.from(this.#categorySet),
      categorySets: this.#categorySets,
      value: Float64Array.from(this.#value),
      cover: Float64Array.from(this.#cover),
      gain: Float64Array.from(this.#gain),
    });
  }
}
