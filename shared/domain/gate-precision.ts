import { clusterBootstrap } from '../math/cluster-bootstrap.ts';
import { drawnSum, sumByCluster } from '../math/clustered-sums.ts';
import { seededRandom } from '../math/seeded-random.ts';
import type { Gate, MetricInterval } from '../schemas/model.ts';
import type { Evaluation } from './evaluation.ts';
import { measuredBy, provenAtLeast } from './gate.ts';

const MIN_PRECISION = 0.75;
const CONFIDENT = 0.9;
/** Share of the events that a threshold must select, and users among them. */
const MIN_COVERAGE = 0.01;
const MIN_USERS = 30;
/** Where 0.9 does not do, from the least: the first that does is recorded. */
const THRESHOLDS = Array.from({ length: 19 }, (_, step) => (step + 1) / 20);
const DRAWS = 400;

interface AtThreshold {
  readonly threshold: number;
  readonly coverage: number;
  readonly isCovered: boolean;
  readonly precision: MetricInterval;
}

/**
 * Whether a high score can be relied on, and from which score on.
 * @returns the gate, and the least score whose precision is proven; null where none is
 */
export function precisionGate(
  evaluation: Evaluation,
  candidate: string,
  seed: number,
): { readonly gate: Gate; readonly confidentFrom: number | null } {
  const thresholds = precisionAt(evaluation, candidate, seed);
  const proven = thresholds.find(
    ({ isCovered, precision }) => isCovered && provenAtLeast(MIN_PRECISION, precision) === 'pass',
  );
  const high = thresholds.find(({ threshold }) => threshold === CONFIDENT) as AtThreshold;
  const atHigh = high.isCovered ? provenAtLeast(MIN_PRECISION, high.precision) : 'not-enough-data';
  const judged = atHigh === 'not-enough-data' && proven !== undefined ? proven : high;
  const verdict = judged === high ? atHigh : 'pass';
  return {
    gate: {
      name: 'precision-of-high-scores',
      verdict,
      required: false,
      rule: `Of the events scored ${CONFIDENT} or higher, at least ${100 * MIN_PRECISION} % are of sessions that buy, with the lower bound of the interval over users, and they are at least ${100 * MIN_COVERAGE} % of all events, of ${MIN_USERS} users; where so few score that high, the least score of which this holds is recorded for the policy.`,
      threshold: MIN_PRECISION,
      ...judged.precision,
      detail: `at score ${judged.threshold}, reached by ${(100 * judged.coverage).toFixed(1)} % of the events${proven === undefined ? '; no score is proven to reach the precision' : `; proven from score ${proven.threshold}`}`,
    },
    confidentFrom: proven?.threshold ?? null,
  };
}

function precisionAt({ measured }: Evaluation, candidate: string, seed: number): AtThreshold[] {
  const { labels, clusterOf, clusterCount } = measured;
  const scores = measured.predictions.get(candidate) as Float64Array;
  const sums = THRESHOLDS.map((threshold) => {
    const isSelected = (row: number) => (scores[row] as number) >= threshold;
    const sum = (value: (row: number) => number) => sumByCluster(clusterOf, clusterCount, value);
    return {
      selected: sum((row) => (isSelected(row) ? 1 : 0)),
      buying: sum((row) => (isSelected(row) ? (labels[row] as number) : 0)),
    };
  });
  const precisions = (drawn: ArrayLike<number>) =>
    sums.map(({ selected, buying }) => {
      const count = drawnSum(selected, drawn);
      return count > 0 ? drawnSum(buying, drawn) / count : null;
    });
  const once = new Uint8Array(clusterCount).fill(1);
  const values = precisions(once);
  const draws = clusterBootstrap(clusterCount, precisions, seededRandom(seed), DRAWS);
  return THRESHOLDS.map((threshold, index) => {
    const { selected } = sums[index] as (typeof sums)[number];
    const coverage = drawnSum(selected, once) / Math.max(1, labels.length);
    const users = selected.filter((count) => count > 0).length;
    return {
      threshold,
      coverage,
      isCovered: coverage >= MIN_COVERAGE && users >= MIN_USERS,
      precision: measuredBy(values[index] ?? null, draws[index]),
    };
  });
}
