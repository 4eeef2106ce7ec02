import { chiSquareIndependence } from '../../shared/math/chi-square-independence.ts';
import { jensenShannonDivergence } from '../../shared/math/jensen-shannon-divergence.ts';
import { kolmogorovSmirnov } from '../../shared/math/kolmogorov-smirnov.ts';
import { kolmogorovSmirnovExactPValue } from '../../shared/math/kolmogorov-smirnov-exact-p-value.ts';
import { kolmogorovSmirnovPValue } from '../../shared/math/kolmogorov-smirnov-p-value.ts';
import {
  populationStabilityIndex,
  stabilityLevel,
} from '../../shared/math/population-stability-index.ts';
import { binCounts, quantileEdges } from '../../shared/math/quantile-bins.ts';
import { wassersteinDistance } from '../../shared/math/wasserstein-distance.ts';
import { vectors } from './vector-file.ts';

vectors<{ a: number[]; b: number[] }>('ks_two_sample', {
  compute: ({ a, b }) => {
    const statistic = kolmogorovSmirnov(a, b);
    return {
      statistic,
      n1: a.length,
      n2: b.length,
      pAsymptotic: kolmogorovSmirnovPValue(statistic, a.length, b.length),
      pExact: kolmogorovSmirnovExactPValue(statistic, a.length, b.length),
    };
  },
});

type Values = (number | null)[];

vectors<{ baseline: Values; current: Values; bins: number }>('psi', {
  compute: ({ baseline, current, bins }) => {
    const [old, now] = [
      baseline.filter((one) => one !== null),
      current.filter((one) => one !== null),
    ];
    const edges = quantileEdges(old, bins);
    const [lost, missing] = [baseline.length - old.length, current.length - now.length];
    const counts = (values: readonly number[], absent: number) =>
      lost + missing > 0 ? [...binCounts(values, edges), absent] : [...binCounts(values, edges)];
    const [baselineCounts, currentCounts] = [counts(old, lost), counts(now, missing)];
    const stability = populationStabilityIndex(baselineCounts, currentCounts);
    return {
      edges,
      baselineCounts,
      currentCounts,
      ...stability,
      level: stabilityLevel(stability.psi),
      jensenShannonDivergence: jensenShannonDivergence(baselineCounts, currentCounts),
      ksStatistic: kolmogorovSmirnov(old, now),
      wasserstein: wassersteinDistance(old, now),
    };
  },
});

vectors<{ baseline: string[]; current: string[] }>('psi_categorical', {
  compute: ({ baseline, current }) => {
    const categories = [...new Set([...baseline, ...current])].sort();
    const counts = (values: readonly string[]) =>
      categories.map((category) => values.filter((value) => value === category).length);
    const [baselineCounts, currentCounts] = [counts(baseline), counts(current)];
    const pearson = chiSquareIndependence([baselineCounts, currentCounts])?.pearson;
    return {
      categories,
      baselineCounts,
      currentCounts,
      ...populationStabilityIndex(baselineCounts, currentCounts),
      chiSquare: pearson && { ...pearson, dof: pearson.df },
    };
  },
});
