import { averagePrecision } from '../../shared/math/average-precision.ts';
import { baseRate } from '../../shared/math/base-rate.ts';
import { brierScore } from '../../shared/math/brier-score.ts';
import { confusionMatrix, confusionRatios } from '../../shared/math/confusion-matrix.ts';
import { kolmogorovSmirnov } from '../../shared/math/kolmogorov-smirnov.ts';
import { logLoss } from '../../shared/math/log-loss.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
import { topFraction } from '../../shared/math/top-fraction.ts';
import { vectors } from './vector-file.ts';

vectors<{ y: number[]; p: number[] }>('classification_metrics', {
  compute: ({ y, p }, expected) => {
    const { threshold: thresholds, top } = expected as unknown as Asked;
    const [positives, negatives] = [1, 0].map((label) => p.filter((_, row) => y[row] === label));
    return {
      auc: rocAuc(p, y),
      averagePrecision: averagePrecision(p, y),
      logLoss: logLoss(p, y),
      brier: brierScore(p, y),
      baseRate: baseRate(y),
      ksStatistic:
        positives?.length && negatives?.length ? kolmogorovSmirnov(positives, negatives) : null,
      threshold: thresholds.map(({ threshold }) => atThreshold(p, y, threshold)),
      top: top.map(({ fraction }) => {
        const { k, precision, recall, lift } = topFraction(p, y, fraction);
        return { fraction, k, precisionAtK: precision, recallAtK: recall, lift };
      }),
    };
  },
});

interface Asked {
  readonly threshold: readonly { readonly threshold: number }[];
  readonly top: readonly { readonly fraction: number }[];
}

function atThreshold(p: readonly number[], y: readonly number[], threshold: number) {
  const matrix = confusionMatrix(p, y, threshold);
  const { falsePositiveRate, matthewsCorrelation, ...ratios } = confusionRatios(matrix);
  return {
    threshold,
    tp: matrix.truePositives,
    fp: matrix.falsePositives,
    fn: matrix.falseNegatives,
    tn: matrix.trueNegatives,
    ...ratios,
    fpr: falsePositiveRate,
    mcc: matthewsCorrelation,
  };
}
