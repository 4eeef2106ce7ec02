import { calibrationSlope } from '../../shared/math/calibration-slope.ts';
import { expectedCalibrationError } from '../../shared/math/expected-calibration-error.ts';
import { plattScaling } from '../../shared/math/platt-scaling.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { vectors } from './vector-file.ts';

vectors<{ y: number[]; p: number[]; bins: number }>('calibration_ece', {
  notYet: [
    'bins',
    'calibrationInTheLarge',
    'eceEqualFrequency',
    'mce',
    'reliability',
    'resolution',
    'spiegelhalterZ',
    'uncertainty',
  ],
  compute: ({ y, p, bins }) => ({
    ece: expectedCalibrationError(p, y, undefined, bins),
    // The file has it only where no probability is 0 or 1.
    logisticRecalibration: p.every((one) => one > 0 && one < 1) ? calibrationSlope(p, y) : null,
  }),
});

vectors<{ scores: number[]; y: number[]; query: number[] }>('platt_temperature', {
  notYet: ['temperature'],
  compute: ({ scores, y, query }) => {
    const { a, b } = plattScaling(scores, y);
    return { A: a, B: b, predictions: query.map((score) => sigmoid(-(a * score + b))) };
  },
});
