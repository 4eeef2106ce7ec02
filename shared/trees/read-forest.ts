import { UnusableModel } from '../errors.ts';
import { LIMITS } from './check-forest.ts';
import { isCompact, readCompact } from './compact-forest.ts';
import type { Forest } from './forest.ts';
import { readLightgbmText } from './lightgbm-text.ts';
import { isXgboostBinary, readXgboostBinary } from './xgboost-binary.ts';
import { modelOfArtifact } from './xgboost-container.ts';
import { readXgboostJson } from './xgboost-json.ts';
import { readXgboostUbjson } from './xgboost-ubjson.ts';

type ForestFormat =
  | 'xgboost-json'
  | 'xgboost-ubjson'
  | 'xgboost-binary'
  | 'sagemaker-xgboost'
  | 'lightgbm-text'
  | 'compact';

/**
 * The format that a file begins like, or null. UBJSON and JSON both begin with a brace; UBJSON goes
 * on with the length of a key or of the object.
 */
function forestFormat(bytes: Uint8Array): ForestFormat | null {
  if (isCompact(bytes)) return 'compact';
  if (isXgboostBinary(bytes)) return 'xgboost-binary';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'sagemaker-xgboost';
  const text = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  if (/^tree\r?\n/.test(text)) return 'lightgbm-text';
  if (/^\{[iUIlL$#]/.test(text)) return 'xgboost-ubjson';
  return /^\s*\{/.test(text) ? 'xgboost-json' : null;
}

const READERS: Readonly<Record<ForestFormat, (bytes: Uint8Array) => Forest>> = {
  'xgboost-json': readXgboostJson,
  'xgboost-ubjson': readXgboostUbjson,
  'xgboost-binary': readXgboostBinary,
  'sagemaker-xgboost': readArtifact,
  'lightgbm-text': readLightgbmText,
  compact: readCompact,
};

/**
 * A forest of whatever file: XGBoost's JSON, UBJSON and old binary form, the artifact of SageMaker's XGBoost
 * container, LightGBM's text, and the compact form.
 * @throws UnusableModel with the place and reason, for whatever bytes
 */
export function readForest(bytes: Uint8Array): Forest {
  if (bytes.length > LIMITS.fileBytes)
    throw new UnusableModel(
      `${bytes.length} bytes are more than the ${LIMITS.fileBytes} read here`,
    );
  const format = forestFormat(bytes);
  if (format === null)
    throw new UnusableModel(
      'not a model file: neither JSON, UBJSON, binary form or model.tar.gz of XGBoost, nor LightGBM text, nor the compact form',
    );
  return READERS[format](bytes);
}

function readArtifact(bytes: Uint8Array): Forest {
  const model = modelOfArtifact(bytes);
  if (forestFormat(model) === 'sagemaker-xgboost')
    throw new UnusableModel('the member xgboost-model is itself compressed');
  return readForest(model);
}
