import type { BgNbd } from '../../shared/math/bg-nbd.ts';
import { discountedValue } from '../../shared/math/discounted-value.ts';
import {
  expectedSpend,
  type GammaGamma,
  meanSpend,
  ownWeight,
} from '../../shared/math/gamma-gamma.ts';
import { fitGammaGamma, gammaGammaLogLikelihood } from '../../shared/math/gamma-gamma-fit.ts';
import { pearsonCorrelation } from '../../shared/math/pearson-correlation.ts';
import { vectors } from './vector-file.ts';

vectors<{ x: number[]; m: number[]; evaluateAt: GammaGamma[] }>('gamma_gamma_fit', {
  // The file gives the correlation no bound.
  tolerance: { correlation: 1e-12 },
  compute: ({ x, m, evaluateAt }) => {
    const spends = { x: Float64Array.from(x), m: Float64Array.from(m) };
    const { model, logLikelihood } = fitGammaGamma(spends);
    return {
      logLikelihoodAt: evaluateAt.map((one) => gammaGammaLogLikelihood(one, spends)),
      fit: model,
      logLikelihoodAtFit: logLikelihood,
      correlationFrequencyMonetary: pearsonCorrelation(spends.x, spends.m),
    };
  },
});

vectors<{ params: GammaGamma; x: number; m: number }>('gamma_gamma_predict', {
  compute: ({ params, x, m }) => ({
    expectedSpend: expectedSpend(params, x, m),
    weight: ownWeight(params, x),
    populationMean: meanSpend(params),
  }),
});

interface Discounted {
  readonly bgnbd: BgNbd;
  readonly gammaGamma: GammaGamma;
  readonly x: number;
  readonly tx: number;
  readonly T: number;
  readonly m: number;
  readonly months: number;
  readonly monthlyDiscountRate: number;
  readonly timeUnitsPerMonth: number;
}

vectors<Discounted>('clv_discounted', {
  compute: ({
    bgnbd,
    gammaGamma,
    m,
    months,
    monthlyDiscountRate,
    timeUnitsPerMonth,
    ...repeats
  }) => {
    const spend = expectedSpend(gammaGamma, repeats.x, m);
    const { value, monthlyPurchases } = discountedValue(bgnbd, repeats, spend, {
      months,
      discount: monthlyDiscountRate,
      unitsPerMonth: timeUnitsPerMonth,
    });
    return { expectedSpend: spend, monthlyExpectedPurchases: monthlyPurchases, clv: value };
  },
});
