import {
  fairnessGaps,
  type GroupRates,
  ratesByGroup,
  selectionRatios,
} from '../../shared/math/group-fairness.ts';
import { vectors } from './vector-file.ts';

interface Rows {
  readonly group: string[];
  readonly y: number[];
  readonly p: number[];
  readonly threshold: number;
  readonly reference: string;
}

vectors<Rows>('fairness', {
  compute: ({ group, y, p, threshold, reference }) => {
    const rates = ratesByGroup(group, p, y, threshold);
    const gaps = fairnessGaps(rates.values());
    const ratios = selectionRatios(rates, rates.get(reference) as GroupRates);
    return {
      groups: Object.fromEntries(
        [...rates].map(([name, { truePositiveRate: tpr, falsePositiveRate: fpr, ...rest }]) => [
          name,
          { ...rest, tpr, fpr },
        ]),
      ),
      disparateImpactVsReference: Object.fromEntries(ratios),
      disparateImpactMinMax: gaps.disparateImpact,
      demographicParityDifference: gaps.demographicParity,
      equalOpportunityDifference: gaps.equalOpportunity,
      equalizedOddsDifference: gaps.equalizedOdds,
      fourFifthsPass: gaps.fourFifthsRule,
    };
  },
});
