import { UnusableModel } from '../errors.ts';
import type { Forest } from './forest.ts';
import { forestOfDocument } from './xgboost-document.ts';

/**
 * Reads the JSON that XGBoost 1.x to 3.x writes (`save_model('model.json')`).
 * @throws UnusableModel
 */
export function readXgboostJson(bytes: Uint8Array): Forest {
  return forestOfDocument(parsed(bytes));
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UnusableModel(`not JSON: ${(error as Error).message}`);
  }
}
