import { precisionRecallCurve } from '../../shared/math/precision-recall-curve.ts';
import { rocCurve } from '../../shared/math/roc-curve.ts';
import { vectors } from './vector-file.ts';

vectors<{ y: number[]; p: number[] }>('roc_pr_curves', {
  compute: ({ y, p }) => {
    const roc = rocCurve(p, y) ?? [];
    const precisionRecall = precisionRecallCurve(p, y) ?? [];
    return {
      roc: {
        fpr: roc.map(({ falsePositiveRate }) => falsePositiveRate),
        tpr: roc.map(({ truePositiveRate }) => truePositiveRate),
        thresholdsDescending: roc.map(({ threshold }) => threshold),
      },
      precisionRecall: {
        precision: precisionRecall.map(({ precision }) => precision),
        recall: precisionRecall.map(({ recall }) => recall),
        // The last point calls nothing positive: it has no threshold.
        thresholdsAscending: precisionRecall.slice(0, -1).map(({ threshold }) => threshold),
      },
    };
  },
});
