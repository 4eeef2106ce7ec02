import {
  type BgNbd,
  expectedPurchases,
  probabilityAlive,
  probabilityOfPurchases,
  type Repeats,
} from '../../shared/math/bg-nbd.ts';
import { fitBgNbd } from '../../shared/math/bg-nbd-fit.ts';
import { bgNbdLogLikelihood, groupRepeats } from '../../shared/math/bg-nbd-likelihood.ts';
import { vectors } from './vector-file.ts';

interface Histories {
  readonly x: number[];
  readonly tx: number[];
  readonly T: number[];
  readonly evaluateAt: BgNbd[];
}

vectors<Histories>('bgnbd_fit', {
  compute: ({ x, tx, T, evaluateAt }) => {
    const groups = groupRepeats(x, tx, T);
    const { model, logLikelihood } = fitBgNbd(groups);
    return {
      logLikelihoodAt: evaluateAt.map((one) => bgNbdLogLikelihood(one, groups)),
      fit: model,
      logLikelihoodAtFit: logLikelihood,
    };
  },
});

interface Prediction extends Repeats {
  readonly params: BgNbd;
  readonly t: number[];
  readonly n?: number[];
  readonly tForPmf: number;
}

const NEW: Repeats = { x: 0, tx: 0, T: 0 };

vectors<Prediction>('bgnbd_predict', {
  compute: ({ params, t, n, tForPmf, ...repeats }) =>
    n === undefined
      ? {
          pAlive: probabilityAlive(params, repeats),
          expectedPurchases: t.map((time) => expectedPurchases(params, repeats, time)),
        }
      : {
          expectedPurchasesNewCustomer: t.map((time) => expectedPurchases(params, NEW, time)),
          probabilityOfN: n.map((count) => probabilityOfPurchases(params, count, tForPmf)),
        },
});
