import type { Forest } from './forest.ts';
import { readUbjson } from './ubjson.ts';
import { forestOfDocument } from './xgboost-document.ts';

/**
 * Reads the Universal Binary JSON that XGBoost 1.6 to 3.x writes (`save_model('model.ubj')`).
 * @throws UnusableModel
 */
export function readXgboostUbjson(bytes: Uint8Array): Forest {
  return forestOfDocument(readUbjson(bytes));
}
