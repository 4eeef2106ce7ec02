import { chiSquareGoodnessOfFit } from '../../shared/math/chi-square-goodness-of-fit.ts';
import { chiSquareIndependence } from '../../shared/math/chi-square-independence.ts';
import type { ChiSquareTest } from '../../shared/math/chi-square-test.ts';
import {
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  holm,
  sidak,
} from '../../shared/math/multiple-testing.ts';
import { vectors } from './vector-file.ts';

const named = ({ df, ...test }: ChiSquareTest) => ({ ...test, dof: df });

vectors<{ table: number[][] }>('chi_square_contingency', {
  compute: ({ table }) => {
    const test = chiSquareIndependence(table);
    if (test === null) return {};
    const { pearson, likelihoodRatio, yates, ...rest } = test;
    return {
      ...rest,
      uncorrected: named(pearson),
      gTest: named(likelihoodRatio),
      ...(yates && { yates: named(yates) }),
    };
  },
});

vectors<{ observed: number[]; weights: number[] }>('chi_square_gof', {
  compute: ({ observed, weights }) => {
    const test = chiSquareGoodnessOfFit(observed, weights);
    return { ...named(test), expectedCounts: test.expectedCounts };
  },
});

vectors<{ pValues: number[] }>('multiple_testing', {
  compute: ({ pValues }) => ({
    bonferroni: bonferroni(pValues),
    holm: holm(pValues),
    benjaminiHochberg: benjaminiHochberg(pValues),
    benjaminiYekutieli: benjaminiYekutieli(pValues),
    sidak: sidak(pValues),
  }),
});
