import { captureGini } from '../../shared/math/capture-gini.ts';
import { decileTable, topDecileCapture } from '../../shared/math/decile-table.ts';
import { kendallTauB } from '../../shared/math/kendall-tau-b.ts';
import { giniCoefficient, lorenzCurve } from '../../shared/math/lorenz-curve.ts';
import { pearsonCorrelation } from '../../shared/math/pearson-correlation.ts';
import {
  meanAbsoluteError,
  meanBias,
  medianAbsoluteError,
  rootMeanSquaredError,
  rootMeanSquaredLogError,
  rSquared,
  tweedieDeviance,
} from '../../shared/math/regression-metrics.ts';
import { quintileScores } from '../../shared/math/rfm-scores.ts';
import { spearmanCorrelation } from '../../shared/math/spearman-correlation.ts';
import { quantileTiers } from '../../shared/math/value-tiers.ts';
import { vectors } from './vector-file.ts';

vectors<{ y: number[]; p: number[] }>('regression_metrics', {
  compute: ({ y, p }) => {
    const [model, perfect] = [captureGini(p, y)() ?? 0, captureGini(y, y)() ?? 0];
    return {
      rmse: rootMeanSquaredError(p, y),
      mae: meanAbsoluteError(p, y),
      medianAbsoluteError: medianAbsoluteError(p, y),
      meanBias: meanBias(p, y),
      r2: rSquared(p, y),
      pearson: pearsonCorrelation(p, y),
      spearman: spearmanCorrelation(p, y)(),
      kendallTauB: kendallTauB(p, y),
      rmsle: rootMeanSquaredLogError(p, y),
      tweedieDeviance1_5: tweedieDeviance(p, y, 1.5),
      giniOfActual: giniCoefficient(y),
      capGiniModel: model,
      capGiniPerfect: perfect,
      giniNormalized: model / perfect,
      topDecileCapture: topDecileCapture(p, y),
      deciles: decileTable(p, y),
      lorenz: lorenzCurve(y),
    };
  },
});

interface Values {
  readonly kind: 'rfm' | 'tiers';
  readonly recencyDays: number[];
  readonly frequency: number[];
  readonly monetary: number[];
  readonly value: number[];
}

vectors<Values>('rfm_tiers', {
  compute: ({ kind, recencyDays, frequency, monetary, value }) => {
    if (kind === 'rfm')
      return {
        r: quintileScores(recencyDays, true),
        f: quintileScores(frequency),
        m: quintileScores(monetary),
      };
    const { thresholds, tiers } = quantileTiers(value);
    return { thresholds, tier: tiers };
  },
});
