import { clusterBootstrap } from '../math/cluster-bootstrap.ts';
import { rankClusters } from '../math/clustered-ranking.ts';
import { drawnSum, sumByCluster } from '../math/clustered-sums.ts';
import { descendingOrder } from '../math/descending-order.ts';
import { quantile } from '../math/quantile.ts';
import { seededRandom } from '../math/seeded-random.ts';
import type { Gate, MetricInterval } from '../schemas/model.ts';
import type { Evaluation } from './evaluation.ts';
import type { Slice } from './evaluation-slices.ts';
import { harmAtMost, hasEnoughSessions, MIN_CLASS_SESSIONS, measuredBy } from './gate.ts';

const MAX_DROP = 0.05;
const MAX_DISPARITY = 0.1;
const MIN_IMPACT_RATIO = 0.8;
/** Disparate impact is judged on the events with the highest scores: this share of all. */
const SELECTED_SHARE = 0.2;
/** What people bring with them; what they did (bought before, logged in) may well move a score. */
const BROUGHT = ['device_type', 'channel_type', 'country'];
const DRAWS = 400;

const ENOUGH = `slices with at least ${MIN_CLASS_SESSIONS} buying and ${MIN_CLASS_SESSIONS} other sessions`;

/**
 * Whether the model serves all groups of sessions: none worse than the one that serves now, none
 * much worse than another. A dimension with fewer than two slices large enough cannot be judged.
 * @param reference the model that serves now, by its name in the evaluation
 */
export function sliceGates(
  evaluation: Evaluation,
  candidate: string,
  reference: string,
  seed: number,
): Gate[] {
  const dimensions = Map.groupBy(
    evaluation.slices.filter(({ dimension }) => dimension !== null),
    ({ dimension }) => dimension as string,
  );
  return [...dimensions].flatMap(([dimension, all]) => {
    const slices = all.filter(hasEnoughSessions);
    const draws = drawnDimension(evaluation, candidate, reference, slices, seed);
    const left = all.filter((slice) => !hasEnoughSessions(slice)).map(({ name }) => name);
    const detail = (named: string) =>
      [named, left.length > 0 ? `too few sessions to judge: ${left.join(', ')}` : '']
        .filter((text) => text !== '')
        .join('; ');
    const gates: Gate[] = [
      {
        name: `slice-drop:${dimension}`,
        verdict: harmAtMost(MAX_DROP, draws.drop),
        required: false,
        rule: `In no slice is the AUC more than ${100 * MAX_DROP} % below that of ${reference} (the worst of the ${ENOUGH}, every session counting once); it fails where the whole interval is.`,
        threshold: MAX_DROP,
        ...draws.drop,
        detail: detail(draws.worst),
      },
    ];
    if (all.length > 1)
      gates.push({
        name: `slice-disparity:${dimension}`,
        verdict: harmAtMost(MAX_DISPARITY, draws.disparity),
        required: false,
        rule: `The AUC of the worst slice is at most ${100 * MAX_DISPARITY} % below that of the best (of the ${ENOUGH}, every session counting once); it fails where the whole interval is above.`,
        threshold: MAX_DISPARITY,
        ...draws.disparity,
        detail: detail(draws.range),
      });
    if (BROUGHT.includes(dimension))
      gates.push({
        name: `disparate-impact:${dimension}`,
        verdict: impactVerdict(draws.impact),
        required: false,
        rule: `Of the sessions that buy, the share selected by the ${100 * SELECTED_SHARE} % highest scores is in no slice below ${MIN_IMPACT_RATIO} of that in another (of the ${ENOUGH}); it fails where the whole interval is below.`,
        threshold: MIN_IMPACT_RATIO,
        ...draws.impact,
        detail: detail(''),
      });
    return gates;
  });
}

function impactVerdict({ value, upper }: MetricInterval): Gate['verdict'] {
  if (value === null || upper === null) return 'not-enough-data';
  if (value >= MIN_IMPACT_RATIO) return 'pass';
  return upper < MIN_IMPACT_RATIO ? 'fail' : 'not-enough-data';
}

interface Dimension {
  /** Largest relative loss of AUC against the reference. */
  readonly drop: MetricInterval;
  readonly worst: string;
  /** Relative distance of the worst from the best. */
  readonly disparity: MetricInterval;
  readonly range: string;
  /** Least over largest share of buyers selected. */
  readonly impact: MetricInterval;
}

function drawnDimension(
  { measured }: Evaluation,
  candidate: string,
  reference: string,
  slices: readonly Slice[],
  seed: number,
): Dimension {
  const { labels, weights, clusterOf, clusterCount } = measured;
  const ranksOf = (model: string) => {
    const scores = measured.predictions.get(model) as Float64Array;
    const order = descendingOrder(scores);
    return slices.map(({ members }) =>
      rankClusters(
        order.filter((position) => members[position] === 1),
        scores,
        labels,
        clusterOf,
        weights,
      ),
    );
  };
  const [own, before] = [ranksOf(candidate), ranksOf(reference)];
  const selections = selectionsOf({ measured }, candidate, slices);
  // One array for a draw: each slice's drop, the disparity, the impact ratio.
  const statistics = (drawn: ArrayLike<number>) => {
    const aucs = own.map((rank) => rank(drawn).auc);
    const drops = aucs.map((auc, slice) => {
      const reached = before[slice]?.(drawn).auc ?? null;
      return auc === null || reached === null ? null : 1 - auc / reached;
    });
    const shares = selections.map(({ selected, buying }) => {
      const count = drawnSum(buying, drawn);
      return count > 0 ? drawnSum(selected, drawn) / count : null;
    });
    const disparity = leastOverLargest(aucs);
    return { aucs, drops, disparity: disparity === null ? null : 1 - disparity, shares };
  };
  const once = new Uint8Array(clusterCount).fill(1);
  const { aucs, drops, disparity, shares } = statistics(once);
  const worst = largest(drops);
  const draws = clusterBootstrap(
    clusterCount,
    (drawn) => {
      const values = statistics(drawn);
      return [values.drops[worst] ?? null, values.disparity, leastOverLargest(values.shares)];
    },
    seededRandom(seed),
    DRAWS,
  );
  const nameOf = (slice: number) => slices[slice]?.name ?? '';
  return {
    drop: measuredBy(drops[worst] ?? null, draws[0]),
    worst: nameOf(worst),
    disparity: measuredBy(disparity, draws[1]),
    range: slices.map((_, slice) => `${nameOf(slice)} ${aucs[slice]?.toFixed(3)}`).join(', '),
    impact: measuredBy(leastOverLargest(shares), draws[2]),
  };
}

/** Of sessions that buy, by slice and user: all of them, and the part with the highest scores. */
function selectionsOf(
  { measured }: Pick<Evaluation, 'measured'>,
  candidate: string,
  slices: readonly Slice[],
) {
  const { labels, weights, clusterOf, clusterCount } = measured;
  const scores = measured.predictions.get(candidate) as Float64Array;
  const least = quantile(scores.toSorted(), 1 - SELECTED_SHARE);
  return slices.map(({ members }) => {
    const buying = (row: number) =>
      members[row] === 1 && labels[row] === 1 ? (weights[row] as number) : 0;
    const selected = (row: number) => ((scores[row] as number) >= least ? buying(row) : 0);
    return {
      buying: sumByCluster(clusterOf, clusterCount, buying),
      selected: sumByCluster(clusterOf, clusterCount, selected),
    };
  });
}

/** Null for fewer than two values, or an undefined one. */
function leastOverLargest(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  if (defined.length < 2 || defined.length < values.length) return null;
  const most = Math.max(...defined);
  return most > 0 ? Math.min(...defined) / most : null;
}

/** Place of the largest value, 0 where there is none. */
function largest(values: readonly (number | null)[]): number {
  return values.reduce<number>(
    (best, value, place) =>
      (value ?? Number.NEGATIVE_INFINITY) > (values[best] ?? Number.NEGATIVE_INFINITY)
        ? place
        : best,
    0,
  );
}
