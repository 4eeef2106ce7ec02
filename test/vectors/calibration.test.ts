import { brierDecomposition } from '../../shared/math/brier-decomposition.ts';
import { calibrationInTheLarge } from '../../shared/math/calibration-in-the-large.ts';
import { calibrationSlope } from '../../shared/math/calibration-slope.ts';
import {
  calibrationErrors,
  expectedCalibrationError,
} from '../../shared/math/expected-calibration-error.ts';
import { plattScaling } from '../../shared/math/platt-scaling.ts';
import { equalFrequencyBins, equalWidthBins } from '../../shared/math/reliability-bins.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { spiegelhalterZ } from '../../shared/math/spiegelhalter-z.ts';
import { temperatureScaling } from '../../shared/math/temperature-scaling.ts';
import { vectors } from './vector-file.ts';

vectors<{ y: number[]; p: number[]; bins: number }>('calibration_ece', {
  compute: ({ y, p, bins }) => {
    const equalWidth = equalWidthBins(p, y, undefined, bins);
    return {
      ece: expectedCalibrationError(p, y, undefined, bins),
      mce: calibrationErrors(equalWidth)?.maximum,
      bins: equalWidth.map(({ weight, ...means }) => ({ count: weight, ...means })),
      eceEqualFrequency: calibrationErrors(equalFrequencyBins(p, y, bins))?.expected,
      ...brierDecomposition(equalWidth),
      spiegelhalterZ: spiegelhalterZ(p, y),
      calibrationInTheLarge: calibrationInTheLarge(p, y),
      // The file has it only where no probability is 0 or 1.
      logisticRecalibration: p.every((one) => one > 0 && one < 1) ? calibrationSlope(p, y) : null,
    };
  },
});

vectors<{ scores: number[]; y: number[]; query: number[] }>('platt_temperature', {
  compute: ({ scores, y, query }) => {
    const { a, b } = plattScaling(scores, y);
    return {
      A: a,
      B: b,
      predictions: query.map((score) => sigmoid(-(a * score + b))),
      temperature: temperatureScaling(scores, y),
    };
  },
});
