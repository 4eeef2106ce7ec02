import { averagePrecision } from '../../shared/math/average-precision.ts';
import { brierScore } from '../../shared/math/brier-score.ts';
import { kolmogorovSmirnov } from '../../shared/math/kolmogorov-smirnov.ts';
import { logLoss } from '../../shared/math/log-loss.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
import { vectors } from './vector-file.ts';

vectors<{ y: number[]; p: number[] }>('classification_metrics', {
  notYet: ['baseRate', 'threshold', 'top'],
  compute: ({ y, p }) => ({
    auc: rocAuc(p, y),
    averagePrecision: averagePrecision(p, y),
    logLoss: logLoss(p, y),
    brier: brierScore(p, y),
    ksStatistic: kolmogorovSmirnov(
      p.filter((_, row) => y[row] === 1),
      p.filter((_, row) => y[row] === 0),
    ),
  }),
});
