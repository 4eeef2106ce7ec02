import { averagePrecision } from '../../shared/math/average-precision.ts';
import { brierScore } from '../../shared/math/brier-score.ts';
import { logLoss } from '../../shared/math/log-loss.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
import { vectors } from './vector-file.ts';

vectors<{ y: number[]; p: number[] }>('classification_metrics', {
  notYet: ['baseRate', 'ksStatistic', 'threshold', 'top'],
  compute: ({ y, p }) => ({
    auc: rocAuc(p, y),
    averagePrecision: averagePrecision(p, y),
    logLoss: logLoss(p, y),
    brier: brierScore(p, y),
  }),
});
