/** Files of the folder that a test of this folder checks: they must be there. */
export const IMPLEMENTED: readonly string[] = [
  'calibration_ece',
  'classification_metrics',
  'logistic_regression',
  'platt_temperature',
  'preprocessing',
  'xgboost_predict',
  'xgboost_train',
];
