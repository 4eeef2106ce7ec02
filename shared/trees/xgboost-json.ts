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
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(/[NI]/.test(text) ? quoted(text) : text);
  } catch (error) {
    throw new UnusableModel(`not JSON: ${(error as Error).message}`);
  }
}

/** XGBoost prints NaN and Infinity bare: up to 2.0 as the threshold of every categorical split. */
function quoted(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}
