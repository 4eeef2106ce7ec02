import { baseRate } from './base-rate.ts';
import { confusionMatrix, confusionRatios } from './confusion-matrix.ts';
import { ratio } from './ratio.ts';
import { rocAuc } from './roc-auc.ts';

/** What a threshold does to one group; null where a ratio is 0 / 0 or a class is absent. */
export interface GroupRates {
  readonly count: number;
  /** Share with this score or a higher one. */
  readonly selectionRate: number;
  readonly baseRate: number;
  readonly truePositiveRate: number | null;
  readonly falsePositiveRate: number | null;
  readonly precision: number | null;
  readonly meanScore: number;
  readonly auc: number | null;
}

/**
 * The rates of each group, in order of appearance.
 *
 * Source: Hardt, Price & Srebro (2016), "Equality of opportunity in supervised learning".
 * @param groups group of each row
 * @param scores finite
 * @param labels 0 or 1
 * @param threshold rows with this score or a higher one are selected
 */
export function ratesByGroup(
  groups: readonly string[],
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  threshold: number,
): ReadonlyMap<string, GroupRates> {
  const rows = Map.groupBy(groups.keys(), (row) => groups[row] as string);
  return new Map(
    [...rows].map(([group, own]) => {
      const ownScores = Float64Array.from(own, (row) => scores[row] as number);
      const ownLabels = Float64Array.from(own, (row) => labels[row] as number);
      const matrix = confusionMatrix(ownScores, ownLabels, threshold);
      const { recall, falsePositiveRate, precision } = confusionRatios(matrix);
      const rates = {
        count: own.length,
        selectionRate: (matrix.truePositives + matrix.falsePositives) / own.length,
        baseRate: baseRate(ownLabels) as number,
        truePositiveRate: recall,
        falsePositiveRate,
        precision,
        meanScore: ownScores.reduce((sum, score) => sum + score, 0) / own.length,
        auc: rocAuc(ownScores, ownLabels),
      };
      return [group, rates];
    }),
  );
}

/** Selection rate of each group over that of a reference group; null where the latter is 0. */
export function selectionRatios(
  groups: ReadonlyMap<string, GroupRates>,
  reference: GroupRates,
): ReadonlyMap<string, number | null> {
  return new Map(
    [...groups].map(([group, { selectionRate }]) => [
      group,
      ratio(selectionRate, reference.selectionRate),
    ]),
  );
}

export interface FairnessGaps {
  /** Least over greatest selection rate, in [0, 1]; null when nobody is selected. */
  readonly disparateImpact: number | null;
  /** Whether the disparate impact is at least 0.8; null when it is undefined. */
  readonly fourFifthsRule: boolean | null;
  /** Greatest − least selection rate. */
  readonly demographicParity: number;
  /** Greatest − least true positive rate of the groups that have one. */
  readonly equalOpportunity: number | null;
  /** The larger of that and the same of false positive rates. */
  readonly equalizedOdds: number | null;
}

/**
 * How far the groups are apart.
 *
 * Source: Feldman et al. (2015), "Certifying and removing disparate impact"; Hardt, Price & Srebro
 * (2016); the four-fifths rule: Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 D.
 * @param groups at least one
 */
export function fairnessGaps(groups: Iterable<GroupRates>): FairnessGaps {
  const all = [...groups];
  const selection = all.map(({ selectionRate }) => selectionRate);
  const disparateImpact = ratio(Math.min(...selection), Math.max(...selection));
  const equalOpportunity = range(all.map(({ truePositiveRate }) => truePositiveRate));
  const falsePositives = range(all.map(({ falsePositiveRate }) => falsePositiveRate));
  return {
    disparateImpact,
    fourFifthsRule: disparateImpact === null ? null : disparateImpact >= FOUR_FIFTHS,
    demographicParity: Math.max(...selection) - Math.min(...selection),
    equalOpportunity,
    equalizedOdds:
      equalOpportunity === null || falsePositives === null
        ? null
        : Math.max(equalOpportunity, falsePositives),
  };
}

const FOUR_FIFTHS = 0.8;

function range(rates: readonly (number | null)[]): number | null {
  const known = rates.filter((rate) => rate !== null);
  return known.length === 0 ? null : Math.max(...known) - Math.min(...known);
}
