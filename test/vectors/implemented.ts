/** Files of the folder that a test of this folder checks: they must be there. */
export const IMPLEMENTED: readonly string[] = [
  'calibration_ece',
  'classification_metrics',
  'isotonic',
  'ks_two_sample',
  'logistic_regression',
  'platt_temperature',
  'preprocessing',
  'psi',
  'psi_categorical',
  'roc_pr_curves',
  'xgboost_predict',
  'xgboost_train',
];
